package config

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

// Version is the only document version this package reads.
const Version = 1

// Document is one whole configuration, defaults applied. The key of each field in a file is its
// `config` tag, with what its values must be; a field tagged "-" has no key. What a key does stands
// in keyTexts below its struct, in the words that users read. Durations need a unit in a file
// ("10s"); 0s means no limit. Sizes are in bytes.
//
// A text may be a reference to a secret, "secret:env:NAME"; [Document.Secret] returns its value.
type Document struct {
	Version    int         `config:"version,required"`
	Defaults   *Defaults   `config:"defaults"` // nil: it has done its work once a file is read
	Listeners  []Listener  `config:"listeners"`
	Clusters   []Cluster   `config:"clusters"`
	Routes     []Route     `config:"routes"`
	Auth       *Auth       `config:"auth"`
	Admin      Admin       `config:"admin"`
	AccessLog  AccessLog   `config:"access_log"`
	Limits     Limits      `config:"limits"`
	Drain      Drain       `config:"drain"`
	Reload     *Reload     `config:"reload"`
	Upgrade    *Upgrade    `config:"upgrade"`
	Tracing    *Tracing    `config:"tracing"`
	Gossip     *Gossip     `config:"gossip"`
	ConfigSync *ConfigSync `config:"config_sync"`
	HealthAgg  *HealthAgg  `config:"healthagg"`

	secrets secrets `config:"-"`
	files   files   `config:"-"`
	// secretFiles are the paths of secret:file:PATH, by reference.
	secretFiles map[string]string `config:"-"`
	// shownAs are the references that paths of files come from.
	shownAs map[string]string `config:"-"`
	// contracts are the OpenAPI documents of routes, by the name of the route.
	contracts map[string]*openapi.Contract `config:"-"`
	warnings  Problems                     `config:"-"`
	cautions  Problems                     `config:"-"`
}

func (Document) keyTexts() texts {
	return texts{
		"version": "The version of the document: `1`. Required.",
		"defaults": "What every listener, cluster or route starts from. [Its own keys win]" +
			"(#defaults-of-your-own), key by key.",
		"listeners": "The addresses the gateway accepts connections on. At least one, unless the " +
			"document comes from config-sync.",
		"clusters": "Sets of endpoints that are interchangeable.",
		"routes": "Which requests go where: longest host match, then longest path prefix, then " +
			"methods. The order in the file never matters.",
		"auth":       "What routes refer to by name.",
		"admin":      "The admin API.",
		"access_log": "The [log of requests](access-log.md) and TCP sessions, one a line.",
		"limits":     "Bounds of the whole process.",
		"drain":      "How the process ends.",
		"reload":     "A trial of each new configuration, with rollback. Absent: no trial.",
		"upgrade": "How another binary [takes the place](upgrade.md) of the one that runs. It is " +
			"of this node's own file: what is published does not say which program a machine " +
			"runs.",
		"tracing": "Which requests leave a trace, and where it goes. Absent: none does.",
		"gossip":  "How nodes share what they know of endpoints' health.",
		"config_sync": "Where this node gets its configuration from. What is published takes the " +
			"place of this file, but for `config_sync`, `admin`, `gossip` and `upgrade`: where " +
			"this file has these keys, they count.",
		"healthagg": "The health aggregator, `healthagg`. Other binaries leave it alone.",
	}
}

// Limits bounds the whole process.
type Limits struct {
	// MaxConnections is the most client connections over all listeners.
	MaxConnections int `config:"max_connections,min=1,max=1000000"`
	// CompressMemory is the most bytes of all that compresses responses at the same time.
	CompressMemory int64 `config:"compress_memory,min=0,max=1099511627776,zero=compresses nothing"`
	RateLimitKeys  int   `config:"rate_limit_keys,min=1000,max=100000000"`
	// MirrorMemory is the most bytes of all copies of requests that are mirrored.
	MirrorMemory int64 `config:"mirror_memory,min=0,max=1099511627776,zero=mirrors nothing"`
}

func (Limits) keyTexts() texts {
	return texts{
		"max_connections": "Client connections over all listeners; never more than half of " +
			"the file descriptors that the process may have, without its reserve.",
		"rate_limit_keys": "How many keys, such as clients, all rate limits together tell apart: " +
			"those that were not seen for longest are forgotten. At most 84 bytes of memory each.",
		"compress_memory": "Bytes that the compression of responses may take at the same time: " +
			"1 to 10 MiB for each response that is under way. Over it responses go as they are, " +
			"and `gateway_compress_plain_total` counts them.",
		"mirror_memory": "Bytes that copies of mirrored requests, and the answers that are " +
			"compared, may take at the same time: about 24 KiB for each that is under way, and " +
			"the bodies. Over it requests are not mirrored, and " +
			"`gateway_mirror_dropped_total` counts them.",
	}
}

// Drain says how the process ends.
type Drain struct {
	// Timeout is how long running requests and sessions may go on after a signal to stop.
	Timeout time.Duration `config:"timeout"`
	// Delay is how long it goes on taking connections after that signal, while it says that it is
	// not ready.
	Delay time.Duration `config:"delay"`
}

func (Drain) keyTexts() texts {
	return texts{
		"delay": "How long the gateway goes on as before after SIGTERM, and only `/readyz` says " +
			"503, so that a load balancer in front of it notices and sends no more. Then its " +
			"listeners close, and `timeout` begins.",
		"timeout": "How long running requests may go on after SIGTERM; then their connections " +
			"are closed and counted.",
	}
}

// AdminOff is the value of Admin.Address that turns the admin API off.
const AdminOff = "off"

// Admin is the admin API.
type Admin struct {
	Address string `config:"address,form=addressOff"` // host:port, or AdminOff
	// Token is what callers show as "Authorization: Bearer TOKEN". Off loopback there must be one.
	Token string `config:"token,secret,form=token"`
	// Probes is host:port where only /healthz and /readyz are, for anybody; "": nowhere.
	Probes string `config:"probes,form=address"`
	// Implicit is true when no file set the address. The service then goes on without the admin API
	// if the default port is taken, so that a second gateway on one machine starts without being
	// told of a port it did not ask for.
	Implicit bool `config:"-"`
}

func (Admin) keyTexts() texts {
	return texts{
		"address": "`host:port`, or `off`. Off loopback it needs a `token`. When no file sets it " +
			"and the default port is taken, the gateway says so and goes on without.",
		"probes": "`host:port` where only `/healthz` and `/readyz` are answered, without a " +
			"token: for an orchestrator that asks from outside. It is not changed by a reload.",
		"token": "What callers have to show as `Authorization: Bearer TOKEN`: 16 to 4096 " +
			"letters, digits and `- . _ ~ + /`. A secret, never shown. Required off loopback.",
	}
}

// Reload is the trial of a new plan after a reload.
type Reload struct {
	Trial            time.Duration `config:"trial,positive"`
	MaxErrorIncrease Percent       `config:"max_error_increase"`
}

func (Reload) keyTexts() texts {
	return texts{
		"trial": "How long, above zero.",
		"max_error_increase": "How many percentage points the share of failed requests (a 5xx " +
			"answer, or a 404, 405 or 421 of the gateway's own), or of failed " +
			"connections to endpoints, may grow. Over it, the configuration before is back.",
	}
}

// Percent is a share written with a percent sign in a file; 20% is 0.2.
type Percent float64
