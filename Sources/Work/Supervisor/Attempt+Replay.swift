internal import Access
internal import Catalog
internal import JSON
internal import Scheduling

extension Attempt {
    /// Replays what was ordered, unless an earlier attempt has done so, and returns its counters.
    ///
    /// Rights are those of this moment: the pipeline's principal writes, and who ordered it still manages the dataset.
    func replay(_ order: ReplayOrder, _ spec: PipelineSpec, _ step: StepSpec) async throws -> JSONValue {
        let runAs = try await context.warehouse.principal(of: claim.pipeline.id)
        guard var dataset = try await context.warehouse.dataset(at: step.ingest.dataset), dataset.id == order.dataset
        else {
            throw Refusal(
                .conflict, "the step does not load the dataset of these records any more",
                hint: "They stay in quarantine. Point the step at the dataset again.")
        }
        try await context.warehouse.require(.write, of: runAs, on: dataset)
        try await context.warehouse.require(.manage, of: order.principal, on: dataset)
        try dataset.checkKey(step.ingest)
        let work = Work(spec: spec, step: step, origin: Origin(runAs: runAs), replay: order)
        dataset = try await grow(dataset, by: step.ingest.columns ?? [], work) ?? dataset
        switch try await loadOnce(work, into: dataset) {
        case .loaded(let rows): return rows
        case .failed(let failure), .columnsDiffer(let failure): throw failure
        }
    }
}
