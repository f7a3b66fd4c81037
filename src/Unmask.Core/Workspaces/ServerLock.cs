using System.Text;
using Unmask.Core.Storage;

namespace Unmask.Core.Workspaces;

/// <summary>
/// One workbench a home folder: <c>server.lock</c>, held open while it serves, and <c>server.address</c>, where it is reached. (Two files, since
/// nobody can read one that is held.)
/// </summary>
public sealed class ServerLock : IDisposable
{
    private readonly FileStream held;
    private readonly string addressPath;

    private ServerLock(FileStream held, string addressPath)
    {
        this.held = held;
        this.addressPath = addressPath;
    }

    /// <summary>Takes the home folder for this process.</summary>
    /// <exception cref="UserError">Another workbench serves it; the sentence names its address.</exception>
    public static ServerLock Take(Workspace workspace)
    {
        string path = PathIn(workspace);
        try
        {
            if (HeldFile.TryAcquire(path) is { } held)
            {
                var taken = new ServerLock(held, AddressIn(workspace));
                File.Delete(taken.addressPath);
                return taken;
            }
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, path);
        }

        string where = AddressOf(workspace) is { } address ? $" at {address}; open that address" : "; wait until it has started";
        throw new UserError($"The workbench of {workspace.Home} runs already{where}, stop it first, or name another home folder with --home.");
    }

    /// <summary>The address of the workbench that serves this home folder now; null when none does or it has not told yet.</summary>
    public static string? AddressOf(Workspace workspace)
    {
        if (!HeldFile.IsHeld(PathIn(workspace))) return null;
        try
        {
            return File.ReadAllText(AddressIn(workspace)).Trim() is { Length: > 0 } address ? address : null;
        }
        catch (Exception unreadable) when (StorageFailure.IsStorage(unreadable))
        {
            return null;
        }
    }

    /// <summary>Tells others where this workbench is reached. Call it when the port is bound.</summary>
    /// <param name="address">For example http://127.0.0.1:8400; with its token, so only the owner of the home folder may read it.</param>
    public void Announce(string address)
    {
        string draft = $"{addressPath}.{Guid.NewGuid():N}.tmp";
        using (FileStream file = PrivateFolder.CreateFile(draft)) file.Write(Encoding.UTF8.GetBytes(address + "\n"));
        File.Move(draft, addressPath, overwrite: true);
    }

    /// <summary>Gives the home folder free.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(addressPath);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            // An address without a lock means nothing.
        }

        held.Dispose();
    }

    private static string PathIn(Workspace workspace) => Path.Combine(workspace.Home, Workspace.LockName);

    private static string AddressIn(Workspace workspace) => Path.Combine(workspace.Home, "server.address");
}
