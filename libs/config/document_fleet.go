package config

// Gossip is how this node shares health with its peers.
type Gossip struct {
	Bind      string   `config:"bind,required,form=address"`
	Advertise string   `config:"advertise"`
	Name      string   `config:"name"`
	Join      []string `config:"join,form=address"`
	// Voters is nil where those of Join are: see [Document.FleetVoters].
	Voters     []string `config:"voters"`
	Key        string   `config:"key,secret"`
	AcceptKeys []string `config:"accept_keys,secret"`
}

func (Gossip) keyTexts() texts {
	return texts{
		"bind": "`host:port` to listen on, TCP and UDP.",
		"advertise": "`host:port` that other nodes reach this one at, if that is another one " +
			"than `bind`.",
		"name": "What tells this node from the others, up to 128 bytes; without it the role and " +
			"the address.",
		"join": "`host:port` of other nodes; one that can be reached is enough to find all. A " +
			"name may stand for many.",
		"voters": "Names of the nodes that elect the one that gives out shares of rate limits " +
			"with `scope: fleet`: 3 to 7 that stay, such as health aggregators. The same list at " +
			"every node. Absent: the nodes at the addresses of `join`, if each address leads to " +
			"one node.",
		"key": "What is sent is encrypted with it: 16, 24 or 32 bytes in base64 or hexadecimal. " +
			"A secret, never shown. Required off loopback.",
		"accept_keys": "Other keys that are accepted, for a change of keys: accept the new one " +
			"at every node, then make it `key` and accept the old one, then drop that. Secrets.",
	}
}

// ConfigSync is where this node gets its configuration from. It is the node's own file that counts,
// here and in admin and gossip: see [Options.Published].
type ConfigSync struct {
	Address  string            `config:"address,required,form=address"`
	Replicas []string          `config:"replicas,form=address"`
	Node     string            `config:"node,required"`
	Labels   map[string]string `config:"labels"`
	Cache    string            `config:"cache,file"`
	Security Security          `config:"security"`
	// PublicKey is a PEM file of the Ed25519 key that has to have signed what is taken.
	PublicKey string `config:"public_key,file"`
	// Fleet is the name that signatures have to be for.
	Fleet string `config:"fleet"`
}

func (ConfigSync) keyTexts() texts {
	return texts{
		"address":  "`host:port` of config-sync. A name may stand for many.",
		"replicas": "`host:port` of more replicas; all are tried in turn.",
		"node": "This node's name: up to 253 letters, digits and `- _ . :`. Its certificate has " +
			"to be for `spiffe://gateway/node/NAME`.",
		"labels": "What steps of a rollout pick nodes by; up to 64.",
		"cache": "File that keeps the last good configuration, which the node starts with when " +
			"config-sync is away. Written by the gateway only.",
		"security": "How the connection is protected, as `clusters[].security`; `mtls` is " +
			"required off loopback.",
		"security.mode": "`none` or `mtls`.",
		"security.cert": "PEM file of this node's certificate. It is read anew for each " +
			"connection.",
		"security.server_name": "The name config-sync's certificate must have.",
		"public_key": "PEM file of an Ed25519 key: a configuration that it has not signed is " +
			"refused, the one in `cache` too.",
		"fleet": "Name of the fleet that signatures have to be for, so that nothing signed for " +
			"another with the same key is taken: up to 253 letters, digits and `- _ . :`.",
	}
}

// HealthAgg is the health aggregator, healthagg; other binaries leave it alone.
type HealthAgg struct {
	Address string `config:"address,form=address"`
	TLS     *TLS   `config:"tls"`
	// History is the file of what nodes have said.
	History   string `config:"history,form=some,file"`
	MaxEvents int    `config:"max_events,min=100,max=10000000"`
}

func (HealthAgg) keyTexts() texts {
	return texts{
		"address": "`host:port` for gRPC (`healthagg.v1`). Off loopback it needs `tls` with " +
			"`client_ca`.",
		"tls":              "How the connections are secured, as `listeners[].tls`.",
		"tls.certificates": "As `listeners[].tls.certificates`.",
		"tls.certificates[].cert": "PEM file of the chain, the server's own certificate first. " +
			"Required.",
		"tls.certificates[].key":  "PEM file of its key, or a secret. Required.",
		"tls.certificates[].ocsp": "As `listeners[].tls.certificates[].ocsp`.",
		"tls.alpn":                "Means nothing here: gRPC is HTTP/2.",
		"tls.client_ca": "PEM file of the authorities that clients' certificates have " +
			"to be of.",
		"history": "File of what nodes have said. A damaged one is renamed, and a new one " +
			"begun.",
		"max_events": "How many events the file keeps; the oldest give way.",
	}
}
