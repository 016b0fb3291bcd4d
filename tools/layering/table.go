package layering

// Tier is one level of the architecture. A package may import packages of lower tiers only.
type Tier struct {
	Name string
	// Packages are the folders below libs/ that belong to this tier, with everything inside them.
	Packages []string
	// Group is the package_group of libs/BUILD.bazel that the packages of this tier are visible to.
	Group string
}

// Tiers are the tiers of libs/, lowest first. Services are above all of them.
var Tiers = []Tier{
	{
		Name: "base", Group: "above_base",
		Packages: []string{
			"netx", "lifecycle", "jsonstr", "filewatch", "files", "hostname", "pattern",
			"openapi", "pemfile", "placeholder", "systemd", "jwt", "fetch", "htpasswd",
			"memlimit", "reclaim", "cause", "tracecontext",
		},
	},
	{
		Name: "model", Group: "above_model",
		Packages: []string{
			"wrr", "rendezvous", "sticky", "routing", "health", "config", "gwerr", "rollout",
			"ratelimit",
		},
	},
	{
		Name: "wire and adapters", Group: "above_wire",
		Packages: []string{
			"http1", "http2", "proxyproto", "tlsconf", "secrets", "accesslog", "metrics", "demo",
			"timeline", "configpb", "configstore", "healthpb", "resolver", "clienthello",
			"jwks", "introspect", "tracing",
		},
	},
	{Name: "policies", Group: "above_policies", Packages: []string{"policy"}},
	{
		Name: "joins", Group: "above_joins",
		Packages: []string{"plan", "upstream", "probe", "gossip", "configwire", "admin", "door"},
	},
	{Name: "clusters", Group: "above_clusters", Packages: []string{"cluster"}},
	{Name: "engines", Group: "above_engines", Packages: []string{"l7", "l4"}},
	{Name: "process", Group: "above_process", Packages: []string{"program", "reload"}},
	{
		Name: "compositions", Group: "above_compositions",
		Packages: []string{"node", "configserver", "aggregator"},
	},
}

// A house is a package of libs/ that is made of several: the folders in it, in steps, lowest first.
// "" is the package itself. A folder imports lower steps only.
type house struct {
	steps [][]string
	// closed says that nothing outside imports the folders in it.
	closed bool
}

var houses = map[string]house{
	"config": {steps: [][]string{
		{"text", "internal/tags"}, {""}, {"changes", "reference", "sample"},
	}},
	"gossip":  {closed: true, steps: [][]string{{"wire"}, {""}}},
	"metrics": {steps: [][]string{{"catalogue"}, {""}}},
	"openapi": {steps: [][]string{{"value"}, {"document"}, {"schema"}, {""}}},
	"l7": {closed: true, steps: [][]string{
		{"buffers", "differ", "fault", "heads"}, {"tunnel"}, {"client", "endpoint"}, {"mirror"},
		{"exchange"}, {""},
	}},
}

// testPackage is the one package of libs/ outside the tiers: any test may use it, nothing else may.
const testPackage = "testkit"

// testPackageUses are the tiers that testkit itself may import. It stays low so that tests of low
// packages can use it without an import cycle.
var testPackageUses = []string{"base", "model"}

// testHelpers are the packages outside libs/ that are for tests only, and so may use testkit.
var testHelpers = []string{
	"examples/exampletest", "openspec/openspectest", "services/edge/edgetest",
	"services/gateway/internal/draft/drafttest",
}

// exception allows one import between packages of libs/ that the tiers forbid.
type exception struct{ from, to, reason string }

var exceptions = []exception{
	{
		from: "health", to: "wrr",
		reason: "a verdict on an endpoint becomes a new weight, and the two are one subject to " +
			"an operator",
	},
	{
		from: "jwt", to: "openapi",
		reason: "JSON from strangers is read by one strict reader, openapi/value, which knows " +
			"nothing of OpenAPI itself",
	},
}

// restriction says who alone may import something, or who may not.
type restriction struct {
	// match tells whether an import path is the restricted thing.
	match func(path string) bool
	// what names it in the message.
	what string
	// only, when set, are the packages of libs/ that may import it; others may not.
	only []string
	// and are folders outside libs/ that may import it too.
	and []string
	// never, when set, are the packages of libs/ that may not import it.
	never []string
	// tests says whether test files are free of it.
	tests  bool
	reason string
}

var restrictions = []restriction{
	{
		match:  within(module + "/libs/config/text"),
		what:   "the text of configurations",
		only:   []string{"config"},
		reason: "what a text means is judged once; who wants a document asks libs/config for one",
	},
	{
		match: within("github.com/hashicorp/memberlist"),
		what:  "memberlist",
		only:  []string{"gossip"},
		reason: "membership is a detail of how verdicts spread; the rest of the code must keep " +
			"working when it is replaced",
	},
	{
		match:  within("go.etcd.io/bbolt"),
		what:   "bbolt",
		only:   []string{"timeline"},
		reason: "how a history lies on disk is one package's business; the rest asks for events",
	},
	{
		match: within(module + "/libs/configpb"),
		what:  "the config-sync protos",
		only:  []string{"configwire", "configserver"},
		and:   []string{"services/gateway"},
		tests: true,
		reason: "the wire form of a config is translated at one door on each side, and by the " +
			"operator's command line, so that a change of protocol touches few packages",
	},
	{
		match: within(module + "/libs/healthpb"),
		what:  "the protos of the health aggregator",
		only:  []string{"aggregator"},
		tests: true,
		reason: "they are one of two views of the same answers, and nothing else in the " +
			"repository needs this one",
	},
	{
		match: within("net/http"),
		what:  "net/http",
		never: []string{"netx", "http1", "http2", "upstream", "cluster", "door", "l7", "l4"},
		tests: true,
		reason: "the data path has its own codecs: net/http costs five times the CPU per request " +
			"and silently repairs bad messages (docs/architecture.md, Performance)",
	},
}
