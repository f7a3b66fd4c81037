namespace Unmask.Engine.Collectives;

/// <summary>Who started the processes of a run.</summary>
public enum RankStarter
{
    /// <summary>mpirun of Open MPI, or srun with its plug-in (PMIx).</summary>
    OpenMpi,

    /// <summary>mpiexec of MPICH or its kin (PMI).</summary>
    Mpich,

    /// <summary>srun of Slurm.</summary>
    Slurm,

    /// <summary>Something that sets the variables of torchrun: our own launcher on GPUs, torchrun, SkyPilot, a script.</summary>
    Variables,
}

/// <summary>The place of this process among those of a run, by the variables of whoever started it.</summary>
/// <param name="Starter">Who started it.</param>
/// <param name="Rank">Its number, from 0.</param>
/// <param name="Size">How many there are.</param>
/// <param name="LocalRank">Its number among those of its machine: which GPU it takes.</param>
/// <param name="LocalSize">How many there are on its machine; null when not told.</param>
public sealed record RankPlace(RankStarter Starter, int Rank, int Size, int LocalRank, int? LocalSize)
{
    /// <summary>The place of this process; null for one that was started alone.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <exception cref="UserError">Variables are missing or make no sense.</exception>
    public static RankPlace? Find(Func<string, string?> variable)
    {
        // Open MPI first: under srun with PMIx and under torchrun's names it is the one that knows.
        if (variable("OMPI_COMM_WORLD_RANK") is not null)
        {
            return Read(variable, RankStarter.OpenMpi, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE");
        }

        if (variable("RANK") is not null || variable("WORLD_SIZE") is not null)
        {
            var place = Read(variable, RankStarter.Variables, "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE");
            if (place.Size > 1 && (variable("MASTER_ADDR") is null || variable("MASTER_PORT") is null))
            {
                throw new UserError("RANK and WORLD_SIZE are set, but not MASTER_ADDR and MASTER_PORT, the rendezvous address. Set them to its host name and a free port.");
            }

            return place;
        }

        if (variable("PMI_RANK") is not null && variable("PMI_SIZE") is not null && variable("SLURM_PROCID") is null)
        {
            return Read(variable, RankStarter.Mpich, "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS");
        }

        // A shell of an allocation has these too, with one task; a step started by srun has a task for each process.
        if (variable("SLURM_PROCID") is not null && variable("SLURM_STEP_ID") is not null && variable("SLURM_STEP_NUM_TASKS") is { } tasks && tasks != "1")
        {
            return Read(variable, RankStarter.Slurm, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "SLURM_STEP_TASKS_PER_NODE");
        }

        return null;
    }

    private static RankPlace Read(Func<string, string?> variable, RankStarter starter, string rankName, string sizeName, string localName, string localSizeName)
    {
        List<string> problems = [];
        int Number(string name, int least)
        {
            var text = variable(name);
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least) return number;
            problems.Add(text is null ? $"{rankName} or {sizeName} is set, but {name} is not; start all processes the same way." : $"{name} is '{text}'; a whole number of at least {least} is needed.");
            return least;
        }

        var (rank, size) = (Number(rankName, 0), Number(sizeName, 1));
        var local = variable(localName) is null ? (int?)null : Number(localName, 0);
        if (problems.Count == 0 && rank >= size) problems.Add($"{rankName} is {rank}, but {sizeName} is {size}; ranks count from 0.");
        UserError.ThrowIfAny(problems);
        // Slurm writes "4" or "4(x2)" or "4,3".
        var localSize = int.TryParse(variable(localSizeName)?.Split('(', ',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var each) ? each : (int?)null;
        return new RankPlace(starter, rank, size, local ?? rank, localSize);
    }
}
