using System.Reflection;
using Dapper;
using Microsoft.Data.Sqlite;
using Unmask.Core.Storage;

namespace Unmask.Core.Runs.Indexing;

/// <summary>The SQLite file of the index: its settings, its versions, and what is done when it is damaged.</summary>
internal static class IndexFile
{
    private const string MigrationPrefix = "Unmask.Core.Runs.Indexing.Migrations.";

    /// <summary>How readers connect.</summary>
    public static string ReadString(string path) => new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly }.ToString();

    /// <summary>Opens the file for the one who writes; one that is damaged or of a newer program is set aside.</summary>
    public static (SqliteConnection Writer, string? Notice) Open(string path)
    {
        try
        {
            return (Connect(path), null);
        }
        catch (SqliteException broken) when (IsDamage(broken))
        {
            return Replace(path);
        }
    }

    /// <summary>Sets the file aside and makes a new one.</summary>
    public static (SqliteConnection Writer, string Notice) Replace(string path)
    {
        SqliteConnection.ClearAllPools();
        string aside = $"{path}.damaged-{DateTime.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}";
        bool wasThere = File.Exists(path);
        try
        {
            if (wasThere) File.Move(path, aside, overwrite: true);
            foreach (string ending in (string[])["-wal", "-shm"]) File.Delete(path + ending);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, path);
        }

        return (Connect(path), wasThere
            ? $"The index {Path.GetFileName(path)} was damaged and has been rebuilt from the run folders; nothing is lost. The damaged file is {Path.GetFileName(aside)} and can be deleted."
            : $"The index {Path.GetFileName(path)} was missing and has been rebuilt from the run folders; nothing is lost.");
    }

    /// <summary>Is the file gone, no database, damaged, or written by a newer program?</summary>
    public static bool IsDamage(SqliteException failure) => failure.SqliteErrorCode is 11 or 14 or 26 || failure.Data["unmask.newer"] is true;

    private static SqliteConnection Connect(string path)
    {
        // Not pooled: when it is closed, it is closed.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            connection.Execute("pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000; pragma foreign_keys = on;");
            Migrate(connection);
            connection.ExecuteScalar("select count(*) from run");
            return connection;
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode == 14 || !IsDamage(failure))
        {
            connection.Dispose();
            throw new UserError($"The index {path} cannot be opened: {failure.Message.TrimEnd('.')}. Check that the folder can be written and the disk is not full.");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Brings the file to the newest version, one numbered script after the other, each whole or not at all.</summary>
    private static void Migrate(SqliteConnection connection)
    {
        long version = connection.QuerySingle<long>("pragma user_version");
        (long Number, string Name)[] scripts = [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(MigrationPrefix, StringComparison.Ordinal))
            .Select(name => (long.Parse(name.AsSpan(MigrationPrefix.Length, 3), NumberStyles.None, CultureInfo.InvariantCulture), name)).Order()];
        if (version > scripts[^1].Number)
        {
            var newer = new SqliteException("the index was created by a newer version", 26);
            newer.Data["unmask.newer"] = true;
            throw newer;
        }

        foreach ((long number, string name) in scripts.Where(script => script.Number > version))
        {
            using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
            using SqliteTransaction whole = connection.BeginTransaction();
            connection.Execute(reader.ReadToEnd(), transaction: whole);
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"pragma user_version = {number}"), transaction: whole);
            whole.Commit();
        }
    }
}
