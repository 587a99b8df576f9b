import Catalog
import EventLoop
import HTTPServer
import Scheduling

extension API {
    static func addFollowing(to router: inout Router<Platform>) {
        router.on(.get, base + "/runs/{name}/logs") { request, platform in
            try request.allow(parameters: "follow", "after")
            let run = try await platform.run(of: request).id
            let after = try request.line("after")
            let follows = try request.flag("follow")
            let following = try Following(run, platform)
            return .stream(contentType: "application/x-ndjson") { writer in
                try await following.writeLog(after: after, following: follows, to: writer)
            }
        }
        router.on(.get, base + "/runs/{name}/events") { request, platform in
            try request.allow()
            let run = try await platform.run(of: request).id
            let place = EventPlace(request.fields["Last-Event-ID"])
            let following = try Following(run, platform)
            return .stream(contentType: "text/event-stream", fields: ["Cache-Control": "no-store"]) { writer in
                try await following.writeEvents(after: place, to: writer)
            }
        }
    }
}

extension Request {
    fileprivate func line(_ name: String) throws(Refusal) -> Int64 {
        guard let text = try single(name) else { return 0 }
        guard let number = Int64(text), number >= 0 else {
            throw Refusal(.invalidParameter, "\(name) must be the number of a line, from 0 on")
        }
        return number
    }

    fileprivate func flag(_ name: String) throws(Refusal) -> Bool {
        switch try single(name) {
        case nil, "false": return false
        case "", "true": return true
        default: throw Refusal(.invalidParameter, "\(name) must be true or false")
        }
    }
}
