import Catalog
import Ingestion
import JSON
import Scheduling

/// What of a pipeline is written in languages of their own.
enum PipelineSyntax {
    /// Everything that is wrong with the schedule, with patterns and with the values of checks, each with its place.
    static func faults(in spec: PipelineSpec) -> [JSONFieldError] {
        let checks = spec.steps.enumerated().flatMap { index, step in
            step.ingest.checkFaults.map { fault in
                JSONFieldError(
                    pointer: "/steps/\(index)/ingest/checks/\(fault.index)/\(fault.member)",
                    detail: "is not acceptable: \(fault.detail)")
            }
        }
        return (spec.schedule.map(Schedule.faults) ?? []) + checks
    }
}
