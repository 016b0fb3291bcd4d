// Package examples is the scenarios of this folder with all they need, so that `gateway example
// run` works where there is no source tree. Each folder has a README.md for people, a gateway.yaml,
// and a test that does what the README says; the table here says what else a program has to know to
// run it: which upstreams the configuration expects, and what to try.
package examples

import (
	"io/fs"

	"github.com/gatewayhomebrew/gateway/examples/access"
	"github.com/gatewayhomebrew/gateway/examples/answers"
	"github.com/gatewayhomebrew/gateway/examples/canary"
	"github.com/gatewayhomebrew/gateway/examples/contract"
	"github.com/gatewayhomebrew/gateway/examples/everyday"
	"github.com/gatewayhomebrew/gateway/examples/fields"
	fleetrollout "github.com/gatewayhomebrew/gateway/examples/fleet-rollout"
	"github.com/gatewayhomebrew/gateway/examples/grpc"
	"github.com/gatewayhomebrew/gateway/examples/hello"
	"github.com/gatewayhomebrew/gateway/examples/observability"
	"github.com/gatewayhomebrew/gateway/examples/redirects"
	relaypostgres "github.com/gatewayhomebrew/gateway/examples/relay-postgres"
	relayredis "github.com/gatewayhomebrew/gateway/examples/relay-redis"
	"github.com/gatewayhomebrew/gateway/examples/reload"
	"github.com/gatewayhomebrew/gateway/examples/retries"
	"github.com/gatewayhomebrew/gateway/examples/rewrite"
	"github.com/gatewayhomebrew/gateway/examples/sharing"
	slowclients "github.com/gatewayhomebrew/gateway/examples/slow-clients"
	"github.com/gatewayhomebrew/gateway/examples/websocket"
)

// Config is the name of the configuration among the files of an example.
const Config = "gateway.yaml"

// Example is one scenario.
type Example struct {
	Name      string // of its folder
	Summary   string // one line
	Files     fs.FS  // Config, README.md and data
	Upstreams []Upstream
	Try       []Try
	// Certificates is the folder, among the files, of the certificates that the configuration
	// names. They are made for each run. "" is for none.
	Certificates string
}

// Kinds of Upstream.
const (
	Files  = "files"  // the files of Upstream.Dir
	Demo   = "demo"   // the API of openspec/demo.yaml
	Page   = "page"   // one page of Upstream.Bytes at /, and a few bytes at /ping
	Status = "status" // everything is answered with Upstream.Status
	Mirror = "mirror" // everything is answered with the request as it arrived
	Gate   = "gate"   // a server for forward auth: clients with a cookie "user" may come
	Calls  = "calls"  // a gRPC service that sends back what it gets
	Chat   = "chat"   // a WebSocket that does

	Postgres = "postgres" // a PostgreSQL, which has to be installed
	Redis    = "redis"    // a Redis, which has to be installed
)

// Upstream is a server that the configuration of an example sends requests or sessions to.
type Upstream struct {
	Address string // as the configuration has it
	Kind    string
	Dir     string // for Files: a folder among the example's files
	Bytes   int    // for Page
	Status  int    // for Status
}

// Try is a command that shows something.
type Try struct {
	Shows string
	// whose URL takes the place of URL in Command, or its parts those of HOST and PORT; "admin" for
	// the admin API
	Listener string
	Command  string
}

// URL stands in a command for the URL of its listener, without a slash behind.
const URL = "URL"

// Host and Port stand in a command for those of its listener, where a URL is of no use.
const (
	Host = "HOST"
	Port = "PORT"
)

// Admin is the Listener of a Try that asks the admin API.
const Admin = "admin"

// All returns the examples, ordered by name.
func All() []Example {
	return []Example{
		{
			Name:    "access",
			Summary: "passwords, keys of partners, tokens, and a server that says who may come",
			Files:   access.Files,
			Upstreams: []Upstream{
				{Address: "127.0.0.1:9000", Kind: Mirror}, {Address: "127.0.0.1:9001", Kind: Gate},
			},
			Try: []Try{
				{"no password", "public", "curl -i URL/staff"},
				{
					"a user with a password, which the app does not get", "public",
					"curl -s -u ana:myPassword URL/staff",
				},
				{
					"a partner with a key", "public", "curl -s -H 'X-API-Key: EXAMPLE' URL/orders",
				},
				{
					"a token of an issuer", "public",
					"curl -s -H 'Authorization: Bearer " + access.Token + "' URL/orders",
				},
				{"the server sends clients to sign in", "public", "curl -i URL/pages/1"},
				{"and knows who has done so", "public", "curl -s -b user=eve URL/pages/1"},
			},
		},
		{
			Name: "answers", Summary: "a maintenance page, a health check, robots.txt, error pages",
			Files:     answers.Files,
			Upstreams: []Upstream{{Address: "127.0.0.1:9000", Kind: Mirror}},
			Try: []Try{
				{"a part of the site is down", "public", "curl -i URL/shop/cart"},
				{"a check that needs no upstream", "public", "curl -i URL/healthz"},
			},
		},
		{
			Name: "canary",
			Summary: "a tenth of the traffic for the new version; the shares change without a " +
				"failed request", Files: canary.Files,
			Upstreams: []Upstream{
				{Address: "127.0.0.1:9001", Kind: Files, Dir: "stable"},
				{Address: "127.0.0.1:9002", Kind: Files, Dir: "canary"},
			},
			Try: []Try{
				{
					"a hundred requests, of which the canary answers ten", "public",
					"for i in $(seq 100); do curl -s URL/version.txt; done | sort | uniq -c",
				},
				{
					"after editing the weights in the configuration: what has changed", Admin,
					"curl -s -X POST URL/reload",
				},
				{"the shares before", Admin, "curl -s -X POST URL/rollback"},
			},
		},
		{
			Name: "contract", Summary: "traffic held against an OpenAPI document",
			Files:     contract.Files,
			Upstreams: []Upstream{{Address: "127.0.0.1:9000", Kind: Demo}},
			Try: []Try{
				{
					"an order that is as described", "public",
					"curl -s -H 'Content-Type: application/json' " +
						`-d '{"item": "book", "count": 2}' URL/echo`,
				},
				{
					"one that is not, which the server never sees", "public",
					"curl -s -H 'Content-Type: application/json' " +
						`-d '{"item": "book", "count": "2", "gift": true}' URL/echo`,
				},
				{"a response that is not as described goes on", "public", "curl -s URL/users/1"},
				{
					"and is counted, by operation", Admin,
					"curl -s URL/metrics | grep ^gateway_contract_violations",
				},
				{"here it is refused", "public", "curl -s URL/strict/users/1"},
			},
		},
		{
			Name: "everyday", Summary: "what a site needs, in one file: HTTPS, two apps, " +
				"WebSockets, CORS, passwords, tokens, compression, sticky sessions, pages",
			Files: everyday.Files, Certificates: "certs",
			Upstreams: []Upstream{
				{Address: "127.0.0.1:9001", Kind: Mirror},
				{Address: "127.0.0.1:9002", Kind: Mirror},
				{Address: "127.0.0.1:9003", Kind: Mirror},
				{Address: "127.0.0.1:9004", Kind: Chat},
			},
			Try: []Try{
				{"HTTP goes to HTTPS", "plain", "curl -i URL/shop/cart"},
				{
					"one of two servers, and a cookie that keeps to it", "secure",
					"curl -ik URL/shop/cart",
				},
				{
					"what a browser asks before a request from another site", "secure",
					"curl -ik -X OPTIONS -H 'Origin: https://app.example.com' " +
						"-H 'Access-Control-Request-Method: PUT' URL/api",
				},
				{"a user with a password", "secure", "curl -ik -u ana:myPassword URL/staff"},
				{
					"the API wants a token", "secure",
					"curl -ik -H 'Authorization: Bearer " + access.Token + "' URL/api/users",
				},
				{"maintenance", "secure", "curl -ik URL/shop/old"},
			},
		},
		{
			Name:      "fields",
			Summary:   "values of the request in header fields, and others rewritten",
			Files:     fields.Files,
			Upstreams: []Upstream{{Address: "127.0.0.1:9000", Kind: Mirror}},
			Try: []Try{
				{
					"the endpoint learns who asks, not what the client says of it", "public",
					"curl -i -H 'X-Real-IP: 8.8.8.8' URL/a",
				},
				{
					"a field is rewritten", "public",
					"curl -s -X MOVE -H 'Destination: https://127.0.0.1/dav/b' URL/dav/a | " +
						"grep Destination",
				},
				{
					"a browser asks whether a page of another origin may send a PUT", "public",
					"curl -si -X OPTIONS -H 'Origin: https://app.example.com' " +
						"-H 'Access-Control-Request-Method: PUT' URL/api/a",
				},
				{"the gateway's own answer", "public", "curl -si URL/me"},
			},
		},
		{
			Name: "fleet-rollout",
			Summary: "a configuration that goes through a fleet in steps; here it is on one " +
				"gateway, the README has the fleet", Files: fleetrollout.Files,
			Upstreams: []Upstream{{Address: "127.0.0.1:9000", Kind: Mirror}},
			Try: []Try{
				{"which revision answers", "public", "curl -si URL/ | grep -i x-revision"},
			},
		},
		{
			Name:      "grpc",
			Summary:   "gRPC calls with a deadline, a limit for messages, and errors as statuses",
			Files:     grpc.Files,
			Upstreams: []Upstream{{Address: "127.0.0.1:9000", Kind: Calls}},
			Try: []Try{
				{
					"a call: five bytes of framing, then the message", "public",
					`printf '\0\0\0\0\5hello' | curl -s --http2-prior-knowledge -D - -o - -H 'content-type: application/grpc' -H 'te: trailers' --data-binary @- URL/echo.Echo/Say | tr '\0-\5' .`,
				},
				{
					"one that is never answered, until the route's deadline", "public",
					`printf '\0\0\0\0\0' | curl -s --http2-prior-knowledge -D - -H 'content-type: application/grpc' -H 'grpc-timeout: 1M' --data-binary @- URL/echo.Echo/Wait`,
				},
				{
					"an error of the gateway, as a status", "public",
					`printf '\0\0\0\0\0' | curl -s --http2-prior-knowledge -D - -H 'content-type: application/grpc' --data-binary @- URL/other.Service/Do`,
				},
				{"what the server says of its health", Admin, "curl -s URL/status"},
			},
		},
		{
			Name: "hello", Summary: "one listener, one upstream, one route", Files: hello.Files,
			Upstreams: []Upstream{{Address: "127.0.0.1:9000", Kind: Files, Dir: "www"}},
			Try: []Try{
				{
					"a request goes through to a file server", "public",
					"curl -i URL/hello/world.txt",
				},
				{
					"what has no route is answered by the gateway, with a code and an ID", "public",
					"curl -i URL/other",
				},
				{"how it is", Admin, "curl -s URL/status"},
			},
		},
		{
			Name:    "observability",
			Summary: "a gateway with what Prometheus and Grafana need to watch it",
			Files:   observability.Files,
			Upstreams: []Upstream{
				{Address: "127.0.0.1:9001", Kind: Status, Status: 200},
				{Address: "127.0.0.1:9002", Kind: Status, Status: 200},
			},
			Try: []Try{
				{
					"requests, for there to be something to see", "public",
					"for i in $(seq 200); do curl -s -o /dev/null URL/; done",
				},
				{
					"what Prometheus reads; the README runs one beside it", Admin,
					"curl -s URL/metrics | grep ^gateway_requests_total",
				},
			},
		},
		{
			Name: "redirects", Summary: "to https, to www, to a new path",
			Files:     redirects.Files,
			Upstreams: []Upstream{{Address: "127.0.0.1:9000", Kind: Mirror}},
			Try: []Try{
				{
					"from http to https", "public",
					"curl -i -H 'Host: secure.example.com' 'URL/a?b=c'",
				},
				{"a prefix that has moved", "public", "curl -i -d x URL/old/users"},
			},
		},
		{
			Name:    "relay-postgres",
			Summary: "two PostgreSQL servers behind one address; needs PostgreSQL",
			Files:   relaypostgres.Files,
			Upstreams: []Upstream{
				{Address: "127.0.0.1:5433", Kind: Postgres},
				{Address: "127.0.0.1:5434", Kind: Postgres},
			},
			Try: []Try{
				{
					"which server it is: they take turns", "postgres",
					"for i in 1 2 3 4; do psql -h HOST -p PORT -U postgres -Atc 'SELECT " +
						"inet_server_port()'; done",
				},
				{
					"a session that outlives a reload: begin a transaction, edit the weights in " +
						"the configuration, commit", "postgres", "psql -h HOST -p PORT -U postgres",
				},
				{"who is connected", Admin, "curl -s URL/status"},
			},
		},
		{
			Name: "relay-redis", Summary: "a Redis and its replica behind one address; needs Redis",
			Files: relayredis.Files,
			Upstreams: []Upstream{
				{Address: "127.0.0.1:6380", Kind: Redis}, {Address: "127.0.0.1:6381", Kind: Redis},
			},
			Try: []Try{
				{
					"a value goes in and out", "redis",
					"redis-cli -h HOST -p PORT SET greeting hello; redis-cli -h HOST -p PORT " +
						"GET greeting",
				},
				{
					"a subscriber that outlives a reload: edit the configuration, then publish",
					"redis", "redis-cli -h HOST -p PORT SUBSCRIBE news",
				},
				{"in another terminal", "redis", "redis-cli -h HOST -p PORT PUBLISH news hello"},
				{"who is connected", Admin, "curl -s URL/status"},
			},
		},
		{
			Name:    "reload",
			Summary: "change the configuration while it runs; a mistake is refused, or rolled back",
			Files:   reload.Files,
			Upstreams: []Upstream{
				{Address: "127.0.0.1:9001", Kind: Files, Dir: "blue"},
				{Address: "127.0.0.1:9002", Kind: Files, Dir: "green"},
			},
			Try: []Try{
				{
					"blue, until you change the route's cluster to green in the configuration " +
						"and save it", "public", "curl -s URL/color.txt",
				},
				{
					"what became of it; change the cluster to one that there is not, and ask again",
					Admin, "curl -s -X POST URL/reload",
				},
				{"the configuration before", Admin, "curl -s -X POST URL/rollback"},
				{"the history", Admin, "curl -s URL/status"},
			},
		},
		{
			Name: "retries", Summary: "one broken endpoint of two, and nobody notices",
			Files: retries.Files,
			Upstreams: []Upstream{
				{Address: "127.0.0.1:9001", Kind: Status, Status: 200},
				{Address: "127.0.0.1:9002", Kind: Status, Status: 503},
			},
			Try: []Try{
				{
					"without a retry every other request fails", "public",
					`for i in $(seq 20); do curl -s -o /dev/null -w '%{http_code}\n' URL/raw/; done | sort | uniq -c`,
				},
				{
					"with one none does", "public",
					`for i in $(seq 20); do curl -s -o /dev/null -w '%{http_code}\n' URL/shop/; done | sort | uniq -c`,
				},
				{
					"a POST is not sent twice", "public",
					`for i in $(seq 20); do curl -s -o /dev/null -w '%{http_code}\n' -X POST URL/shop/; done | sort | uniq -c`,
				},
			},
		},
		{
			Name: "rewrite", Summary: "other paths and header fields inside than outside",
			Files:     rewrite.Files,
			Upstreams: []Upstream{{Address: "127.0.0.1:9000", Kind: Mirror}},
			Try: []Try{
				{
					"the prefix is stripped, fields are edited both ways", "public",
					"curl -i -H 'Cookie: session=1' -H 'X-From: somebody' URL/users/7",
				},
				{
					"the prefix is replaced, and nothing else", "public",
					"curl -i -H 'Cookie: session=1' URL/people/7",
				},
			},
		},
		{
			Name: "sharing",
			Summary: "sticky sessions, a backup, the same endpoint for the same path, copies for " +
				"the next version", Files: sharing.Files,
			Upstreams: []Upstream{
				{Address: "127.0.0.1:9001", Kind: Files, Dir: "one"},
				{Address: "127.0.0.1:9002", Kind: Files, Dir: "two"},
				{Address: "127.0.0.1:9003", Kind: Files, Dir: "spare"},
				{Address: "127.0.0.1:9004", Kind: Files, Dir: "next"},
			},
			Try: []Try{
				{
					"clients take turns; one with a cookie stays", "public",
					"for i in 1 2 3 4; do curl -s -b jar -c jar URL/who.txt; done",
				},
				{"one path, one endpoint", "public", "curl -s URL/files/who.txt"},
				{"a price, of which the next version gets a copy", "public",
					"curl -s URL/price.json"},
				{"how its answer differs", Admin, "curl -s URL/mirrors"},
				{"what each endpoint gets, and why", Admin, "curl -s URL/status"},
			},
		},
		{
			Name:      "slow-clients",
			Summary:   "limits that make slow clients harmless; attack it with slowhttptest",
			Files:     slowclients.Files,
			Upstreams: []Upstream{{Address: "127.0.0.1:9000", Kind: Page, Bytes: 2 << 20}},
			Try: []Try{
				{
					"a request of a polite client", "public",
					`curl -o /dev/null -s -w '%{http_code} %{time_total}s\n' URL/`,
				},
				{
					"500 clients that never finish the head of their request", "public",
					"slowhttptest -H -c 500 -r 500 -i 1 -l 20 -u URL/",
				},
				{
					"500 clients that hardly read", "public",
					"slowhttptest -X -c 500 -r 500 -w 256 -y 512 -n 1 -z 5 -l 20 -u URL/",
				},
				{"who is connected", Admin, "curl -s URL/status"},
			},
		},
		{
			Name: "websocket",
			Summary: "a WebSocket that outlives changes of the configuration, and ends when " +
				"it is silent", Files: websocket.Files,
			Upstreams: []Upstream{{Address: "127.0.0.1:9000", Kind: Chat}},
			Try: []Try{
				{
					"the handshake and a greeting; two seconds later the silent socket is closed",
					"public",
					"curl -si -N --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H " +
						"'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: " +
						"dGhlIHNhbXBsZSBub25jZQ==' URL/chat | tr -d '\\201\\007'",
				},
				{"how many are open", Admin, "curl -s URL/status"},
			},
		},
	}
}
