import Catalog
import Ingestion
import JSON

/// What of a pipeline is written in languages of their own.
enum PipelineSyntax {
    /// Everything that is wrong with patterns and the values of checks, each with its place.
    static func faults(in spec: PipelineSpec) -> [JSONFieldError] {
        spec.steps.enumerated().flatMap { index, step in
            step.ingest.checkFaults.map { fault in
                JSONFieldError(
                    pointer: "/steps/\(index)/ingest/checks/\(fault.index)/\(fault.member)",
                    detail: "is not acceptable: \(fault.detail)")
            }
        }
    }
}
