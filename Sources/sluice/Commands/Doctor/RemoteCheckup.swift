internal import Glibc
internal import HTTPClient
internal import JSON

/// What doctor looks at through a server's API.
struct RemoteCheckup {
    private static let maxSkew = 60
    /// Long before readers have to wait (docs/limits.md).
    private static let maxBacklog = 10_000

    private let url: String
    private let arguments: Arguments
    /// The process that should answer, when it runs here.
    private let serve: Int32?

    init(_ url: String, _ arguments: Arguments, serve: Int32?) {
        self.url = url
        self.arguments = arguments
        self.serve = serve
    }

    func findings() -> [Finding] {
        let ready: HTTPResponse
        do { ready = try fetch("/readyz") } catch { return [unreachable("\(error)")] }
        guard let report = try? JSONValue.parse(ready.body), report["ready"] != nil || report["code"] != nil else {
            return [
                .fault(
                    "server", "\(url) answers, but is no Sluice server", why: "Every other command would fail there.",
                    remedy: "Write --url http://HOST:PORT, or set SLUICE_URL, to what serve says after ready.")
            ]
        }
        return [.ok("server", "\(url) answers"), skew(ready), readiness(report), audit()] + authenticated()
    }

    private func unreachable(_ reason: String) -> Finding {
        if let serve {
            return .fault(
                "server", "\(reason), although serve (process \(serve)) runs",
                why: "It starts or ends at this moment, or listens elsewhere.",
                remedy: "Look at its log; --url must be what it says after ready.")
        }
        return .fault(
            "server", reason, why: "Nobody answers at \(url), so no command can do anything.",
            remedy: "sluice serve, or --url (SLUICE_URL) of where it listens")
    }

    private func fetch(_ path: String, token: String? = nil) throws(HTTPClientError) -> HTTPResponse {
        var limits = HTTPClient.Limits()
        limits.total = .seconds(20)
        let headers = token.map { [(name: "Authorization", value: "Bearer \($0)")] } ?? []
        return try HTTPClient(limits: limits).send(HTTPRequest("GET", url + path, headers: headers))
    }

    private func skew(_ response: HTTPResponse) -> Finding {
        guard let date = Moment(httpDate: response["Date"] ?? "") else {
            return .skipped("skew", "the server does not say what time it is")
        }
        let difference = Int((Moment(secondsSince1970: Int64(time(nil))) - date).inSeconds)
        guard abs(difference) <= Self.maxSkew else {
            return .fault(
                "skew",
                "the server's clock is \(abs(difference)) s \(difference > 0 ? "behind" : "ahead of") this machine's",
                why: "Tokens and grants expire by the server's clock, and those made for a time here end at another.",
                remedy: "timedatectl set-ntp true, on the machine whose clock is wrong")
        }
        return .ok("skew", "the clocks agree")
    }

    private func readiness(_ report: JSONValue) -> Finding {
        if report["ready"]?.boolValue == true { return .ok("ready", "database and policy are in order") }
        let faults = (report["faults"]?.arrayValue ?? []).map {
            "\($0["object"]?.stringValue ?? ""): \($0["problem"]?.stringValue ?? "")"
        }
        let shown =
            faults.isEmpty
            ? report["detail"]?.stringValue ?? "it is not ready" : faults.prefix(5).joined(separator: "; ")
        if faults.contains(where: { $0.hasPrefix("database:") }) {
            return .fault(
                "ready", shown, why: "The server cannot speak to Postgres.",
                remedy:
                    "Look at the end of the newest file in log/ of the data dir; serve starts Postgres again by itself."
            )
        }
        return .fault(
            "ready", shown + (faults.count > 5 ? " and \(faults.count - 5) more" : ""),
            why: "What enforces the policy is not as Sluice made it; reading is shut (policy_drift) until it is.",
            remedy: "Put back what was altered by hand; docs/operations.md, Drift, says how to find it.")
    }

    private func audit() -> Finding {
        guard let metrics = try? fetch("/metrics"), metrics.status == 200 else {
            return .skipped("audit", "/metrics is not for us to see")
        }
        let lines = metrics.text.split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("sluice_read_audit_backlog ") }),
            let backlog = line.split(separator: " ").last.flatMap({ Double($0) })
        else { return .skipped("audit", "/metrics does not tell the backlog") }
        guard backlog < Double(Self.maxBacklog) else {
            return .fault(
                "audit", "\(Wording.count(Int(backlog))) read audit entries are not written yet",
                why: "Past 20,000 readers wait, past 40,000 they are refused.",
                remedy: "Look at the disk of the database control and at what locks its audit tables.")
        }
        return .ok("audit", "\(Wording.count(Int(backlog))) entries wait to be written")
    }

    private func authenticated() -> [Finding] {
        let token: String
        do {
            guard let given = try ServerAccess.givenToken(arguments) else {
                let file = "\(arguments[ServeSettings.dataDirectoryOption] ?? ".sluice")/admin-token"
                return [
                    .fault(
                        "token", "no token is given", why: "Every command that speaks to the server needs one.",
                        remedy: "export SLUICE_TOKEN=$(cat \(file)), or ask a manager of the platform for one")
                ]
            }
            token = given
        } catch let failure as CommandFailure {
            return [
                .fault("token", failure.message, why: "No token can be read.", remedy: "Name the file that holds it.")
            ]
        } catch { return [.skipped("token", "\(error)")] }
        let client = APIClient(ServerAccess(url: url, token: token))
        do {
            let me = try client.get("/me")
            let name = me["name"]?.stringValue ?? ""
            return [.ok("token", "it speaks for \(name)")] + PrincipalCheckup(client: client).findings()
        } catch let problem as ServerProblem where problem.status == 401 {
            return [
                .fault(
                    "token", "the server does not take the token: \(problem.detail)",
                    why: "It has expired, was revoked, or belongs to another server.",
                    remedy:
                        "sluice token create --principal NAME, by a manager of the platform; then export SLUICE_TOKEN=…"
                )
            ]
        } catch { return [.skipped("token", PrincipalCheckup.reason(error))] }
    }
}
