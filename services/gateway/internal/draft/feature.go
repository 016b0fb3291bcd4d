package draft

// A Feature is something that this gateway's configuration has only since some version. Importers
// ask [Has] before they write its keys.
type Feature string

// The features.
const (
	Add          Feature = "headers.add"
	Placeholders Feature = "placeholders"
	Balance      Feature = "balance"
	Sticky       Feature = "sticky"
	Backup       Feature = "backup"
	Compress     Feature = "compress"
	Mirror       Feature = "mirror"
	Unix         Feature = "unix"
	CORS         Feature = "cors"
)

// table says of each feature whether this version has it, what it is called in a sentence, and a
// route, cluster or listener that uses it.
func table() map[Feature]entry {
	const clusters = "version: 1\nlisteners: [{name: l, address: 127.0.0.1:0}]\nroutes: " +
		"[{name: r, cluster: c}]\nclusters: [{name: c, endpoints: [{address: 127.0.0.1:1"
	const routes = "version: 1\nlisteners: [{name: l, address: 127.0.0.1:0}]\nclusters: [{name: " +
		"c, endpoints: [{address: 127.0.0.1:1}]}]\nroutes: [{name: r, cluster: c, "
	return map[Feature]entry{
		Add: {true, "adding to header fields", routes +
			"headers: {response: {add: {X-A: b}}}}]"},
		// Where placeholders are known, an unknown one is an error; and so the wrong one is shown.
		Placeholders: {true, "placeholders in header fields", routes +
			"headers: {request: {set: {X-A: \"{client.address}\"}}}}]"},
		Balance: {true, "`balance`", clusters + "}], balance: {policy: least_request}}]"},
		Sticky:  {true, "sticky cookies", clusters + "}], sticky: {cookie: gw, ttl: 1h}}]"},
		Backup: {true, "backup endpoints", clusters +
			"}, {address: 127.0.0.1:2, backup: true}]}]"},
		Compress: {true, "compression", routes +
			"compress: {algorithms: [gzip], min_bytes: 20, types: [text/html]}}]"},
		Mirror: {true, "mirroring", routes + "mirror: {cluster: c, share: 10%}}]"},
		CORS: {true, "`cors`", routes + "cors: {origins: [\"https://a.example\"], methods: " +
			"[GET], headers: [X-A], expose: [X-B], credentials: true, max_age: 10m}}]"},
		Unix: {true, "unix sockets", "version: 1\nlisteners: [{name: l, address: 127.0.0.1:0}]\n" +
			"routes: [{name: r, cluster: c}]\n" +
			"clusters: [{name: c, endpoints: [{address: \"unix:/run/a.sock\"}]}]"},
	}
}

type entry struct {
	has    bool
	called string
	sample string
}

// Has says whether this version has a feature.
func Has(f Feature) bool { return table()[f].has }

// Missing says of a feature that this version does not have that it does not.
func Missing(f Feature) string { return "this version has no " + table()[f].called }
