namespace Unmask.Core.Tracking.Wandb;

/// <summary>The questions that the server is asked.</summary>
internal static class WandbQueries
{
    /// <summary>Version of this program.</summary>
    public static string Version { get; } = typeof(WandbQueries).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public const string Viewer = "query Viewer { viewer { id entity } }";

    public const string Resume = """
        query RunResumeStatus($project: String, $entity: String, $name: String!) {
          model(name: $project, entityName: $entity) {
            id
            bucket(name: $name, missingOk: true) {
              id name config summaryMetrics displayName historyLineCount eventsLineCount logLineCount historyTail eventsTail tags wandbConfig(keys: ["t"])
            }
          }
        }
        """;

    public const string Upsert = """
        mutation UpsertBucket($name: String, $project: String, $entity: String, $displayName: String, $notes: String, $groupName: String, $jobType: String, $tags: [String!], $host: String, $program: String, $config: JSONString) {
          upsertBucket(input: {name: $name, modelName: $project, entityName: $entity, displayName: $displayName, notes: $notes, groupName: $groupName, jobType: $jobType, tags: $tags, host: $host, jobProgram: $program, config: $config}) {
            bucket { id name displayName project { id name entity { id name } } }
            inserted
          }
        }
        """;

    public const string Files = """
        mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
          createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) {
            runID
            uploadHeaders
            files { name uploadUrl }
          }
        }
        """;
}
