/// Where the cluster says what it does: a constant message and its metadata.
public typealias ClusterLog = (_ message: StaticString, _ metadata: KeyValuePairs<String, String>) -> Void
