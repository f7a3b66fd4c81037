namespace Unmask.Core.Storage;

/// <summary>
/// A value in memory whose changes are files first: what cannot be written has not happened. It is read without waiting. Of changes at the same time none is
/// lost: each is computed from the newest value, again where another came first, so that no lock is held while a file is written or flushed.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="first">The value that the file holds now.</param>
/// <param name="content">The new content of the file by the value before and after; null where it stays.</param>
/// <param name="besides">As for <see cref="FileDraft.Write"/>.</param>
internal sealed class DurableValue<T>(string path, T first, Func<T, T, byte[]?> content, bool besides = false) where T : class
{
    private readonly Lock gate = new();
    private volatile T value = first;

    /// <summary>The value now.</summary>
    public T Value => value;

    /// <summary>Changes the value.</summary>
    /// <param name="change">Gives the value after by that before, or null to leave it; may be called again, so it must do nothing else.</param>
    /// <param name="changed">Called once with the new value, in the order of the changes; it must not wait for anything.</param>
    /// <returns>The new value; null where it was left.</returns>
    /// <exception cref="UserError">The disk refuses; the value is as it was.</exception>
    public T? Update(Func<T, T?> change, Action<T>? changed = null)
    {
        while (true)
        {
            T before = value;
            if (change(before) is not { } after) return null;
            using FileDraft? draft = content(before, after) is { } bytes ? FileDraft.Write(path, bytes, besides) : null;
            lock (gate)
            {
                if (!ReferenceEquals(value, before)) continue;
                draft?.Complete();
                value = after;
                changed?.Invoke(after);
            }

            draft?.Flush();
            return after;
        }
    }
}
