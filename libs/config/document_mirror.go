package config

import "time"

// Mirror sends copies of a route's requests to another cluster, whose answers nobody gets.
type Mirror struct {
	Cluster string  `config:"cluster,required,ref"`
	Share   Percent `config:"share"`
	// MaxBodyBytes is how long a request's body may be to be mirrored.
	MaxBodyBytes int64 `config:"max_body_bytes,min=0,max=16777216,zero=mirrors requests without a body"`
	// MaxActive is how many copies may be under way.
	MaxActive int           `config:"max_active,min=1,max=100000"`
	Timeout   time.Duration `config:"timeout,positive"`
	Compare   *Compare      `config:"compare"`
}

func (Mirror) keyTexts() texts {
	return texts{
		"cluster": "The name of the cluster that gets the copies: another one than those of the " +
			"route.",
		"share": "How many of the requests are mirrored, by chance. `0%` mirrors none.",
		"max_body_bytes": "A request with a longer body is not mirrored: its copy is held in " +
			"memory until the whole body has come.",
		"max_active": "How many copies may be under way at a time, over all listeners. While " +
			"there are as many, requests are not mirrored.",
		"timeout": "For the whole answer to a copy, once there is a connection. Then it is cut " +
			"off.",
		"compare": "Compares the answers of the two. See [Mirror traffic](mirror.md#compare).",
	}
}

// What Compare makes of bodies.
const (
	BodyOff   = "off"
	BodyJSON  = "json"
	BodyExact = "exact"
)

// Compare says what of two answers to one request has to be alike.
type Compare struct {
	Status  bool     `config:"status"`
	Headers []string `config:"headers,form=comparedField"`
	Body    string   `config:"body,enum=off|json|exact"`
	Ignore  []string `config:"ignore,form=pointer"`
	// MaxBodyBytes is how long the body of an answer may be to be compared.
	MaxBodyBytes int64 `config:"max_body_bytes,min=1,max=16777216"`
}

func (Compare) keyTexts() texts {
	return texts{
		"status": "Compare the status; of gRPC calls `grpc-status` too.",
		"headers": "The names of the fields that are compared, also those of a trailer section. " +
			"Values of some, such as `Set-Cookie`, are never shown.",
		"body": "`json`: what the two say, whatever the order of keys, the blanks, and the way " +
			"in which numbers are written. `exact`: byte by byte. `off`: not at " +
			"all.",
		"ignore": "JSON pointers (RFC 6901) of values of bodies that are not compared, with all " +
			"that is in them: `/ts`, `/items/0/id`. `*` is any one key or index: `/items/*/id`.",
		"max_body_bytes": "Longer bodies of answers, and those that decode to more, are not " +
			"compared.",
	}
}
