using Unmask.Engine.Collectives;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Collectives;

/// <summary>A process knows its place by the variables of whoever started it.</summary>
public sealed class RankPlaceTests
{
    private static RankPlace? Find(string variables)
    {
        var set = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return RankPlace.Find(name => set.GetValueOrDefault(name));
    }

    [Theory]
    [InlineData("OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=2", RankStarter.OpenMpi, 3, 4, 1, 2)]
    [InlineData("PMI_RANK=1 PMI_SIZE=2 MPI_LOCALRANKID=1 MPI_LOCALNRANKS=2", RankStarter.Mpich, 1, 2, 1, 2)]
    [InlineData("RANK=5 WORLD_SIZE=8 LOCAL_RANK=1 LOCAL_WORLD_SIZE=4 MASTER_ADDR=a MASTER_PORT=1", RankStarter.Variables, 5, 8, 1, 4)]
    [InlineData("SLURM_PROCID=2 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=4 SLURM_LOCALID=0 SLURM_STEP_TASKS_PER_NODE=2(x2)", RankStarter.Slurm, 2, 4, 0, 2)]
    [InlineData("SLURM_PROCID=1 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2 PMI_RANK=1 PMI_SIZE=2", RankStarter.Slurm, 1, 2, 1, null)]
    public void Every_starter_is_understood(string variables, RankStarter starter, int rank, int size, int localRank, int? localSize) =>
        Assert.Equal(new RankPlace(starter, rank, size, localRank, localSize), Find(variables));

    [Theory]
    [InlineData("")]
    [InlineData("SLURM_PROCID=0 SLURM_JOB_ID=7 SLURM_NTASKS=4")]
    [InlineData("SLURM_PROCID=0 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1")]
    public void A_process_alone_has_no_place(string variables) => Assert.Null(Find(variables));

    [Theory]
    [InlineData("RANK=0 WORLD_SIZE=2", "MASTER_ADDR and MASTER_PORT")]
    [InlineData("RANK=0", "RANK or WORLD_SIZE is set, but WORLD_SIZE is not")]
    [InlineData("RANK=2 WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=1", "RANK is 2, but WORLD_SIZE is 2; ranks count from 0.")]
    [InlineData("OMPI_COMM_WORLD_RANK=one OMPI_COMM_WORLD_SIZE=2", "OMPI_COMM_WORLD_RANK is 'one'")]
    public void Nonsense_is_told(string variables, string sentence) => Assert.Contains(sentence, Assert.Throws<UserError>(() => Find(variables)).Message);
}
