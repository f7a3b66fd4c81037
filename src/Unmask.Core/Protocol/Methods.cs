namespace Unmask.Core.Protocol;

/// <summary>Asks what this program can do with models, and how well this machine is up to it.</summary>
public sealed record MethodsRequest : EngineRequest<MethodList>, IRepeatableRequest;

/// <summary>The methods, as cards.</summary>
public sealed record MethodList(IReadOnlyList<MethodCard> Methods);

/// <summary>What a method is for. Pages show any kind; a server and an evaluator may join the trainers.</summary>
public enum MethodKind
{
    Trainer,
    Server,
    Evaluator,
}

/// <summary>One method.</summary>
/// <param name="Id">Its name in settings and requests: bert, dream, llada.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Summary">What it does and for whom, two sentences.</param>
/// <param name="Architectures">Models that it takes.</param>
/// <param name="Hardware">Whether this machine is up to it.</param>
/// <param name="Recipes">Recipes of the program that use it, the one to begin with first.</param>
/// <param name="Papers">Where it comes from.</param>
public sealed record MethodCard(
    string Id, MethodKind Kind, string Title, string Summary, IReadOnlyList<MethodArchitecture> Architectures, HardwareVerdict Hardware, IReadOnlyList<MethodRecipe> Recipes, IReadOnlyList<string> Papers);

/// <summary>A model class that a method takes.</summary>
/// <param name="ClassName">As config.json names it.</param>
/// <param name="ModelType">Its name in settings: bert, modernbert, Dream, llada.</param>
/// <param name="Sizes">Sizes of fresh models, smallest first.</param>
/// <param name="Published">Well-known models of the class.</param>
public sealed record MethodArchitecture(string ClassName, string ModelType, IReadOnlyList<FreshSize> Sizes, IReadOnlyList<PublishedFit> Published);

/// <summary>A size of a fresh model, with a learned vocabulary of the usual size.</summary>
/// <param name="Name">Its name in settings.</param>
/// <param name="Parameters">Values to train.</param>
/// <param name="MemoryBytes">What training takes, about.</param>
/// <param name="Fits">Whether the machine has that.</param>
public sealed record FreshSize(string Name, long Parameters, long MemoryBytes, bool Fits);

/// <summary>How much of a model can be trained.</summary>
public enum TrainableWay
{
    /// <summary>All its weights.</summary>
    Whole,

    /// <summary>An adapter on it.</summary>
    Adapter,

    /// <summary>An adapter on it, while it is held in 4 bits.</summary>
    AdapterIn4Bit,

    /// <summary>Nothing: it does not fit.</summary>
    None,
}

/// <summary>A published model, and what this machine could do with it.</summary>
/// <param name="Name">For people.</param>
/// <param name="HubId">Its name on the Hugging Face Hub.</param>
/// <param name="Parameters">Values.</param>
/// <param name="Way">The most that fits.</param>
/// <param name="MemoryBytes">What that takes, about; of <see cref="TrainableWay.None"/> what the least would take.</param>
/// <param name="License">Its license, as the Hub names it.</param>
public sealed record PublishedFit(string Name, string HubId, long Parameters, TrainableWay Way, long MemoryBytes, string License);

/// <summary>How well a machine is up to something.</summary>
public enum HardwareLevel
{
    /// <summary>Published models can be trained.</summary>
    Good,

    /// <summary>Fine for small models.</summary>
    SmallModels,

    /// <summary>Not up to it.</summary>
    Unfit,
}

/// <summary>How well this machine is up to a method.</summary>
/// <param name="Level">In a word.</param>
/// <param name="Sentence">The reason, with numbers.</param>
/// <param name="Device">Where it would train: <c>cpu</c>, <c>cuda:0</c>.</param>
public sealed record HardwareVerdict(HardwareLevel Level, string Sentence, string Device);

/// <summary>A recipe that comes with the program.</summary>
/// <param name="Name">Its path below <c>recipes/</c>, without the ending.</param>
/// <param name="Title">What it makes.</param>
/// <param name="Offline">Whether it needs nothing but the program.</param>
public sealed record MethodRecipe(string Name, string Title, bool Offline);
