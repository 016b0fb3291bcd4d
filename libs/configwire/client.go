package configwire

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Options are what a Client is made from.
type Options struct {
	// Addresses are those of replicas, host:port each. They are tried in turn; a name may stand for
	// many.
	Addresses []string
	// TLS makes the configuration of each connection anew, so that renewed certificates are used.
	// Nil: clear text.
	TLS func() (*tls.Config, error)

	Node    string // the name, which config-sync holds against the certificate
	Service string // edge, relay
	Version string
	Labels  map[string]string
	// Cache is the file of the last good configuration; "": none is kept.
	Cache string
	// PublicKey, if there is one, has to have signed what is taken, and what the cache holds, for
	// this Fleet.
	PublicKey ed25519.PublicKey
	Fleet     string

	// Apply puts a configuration in force, the node's own file if its digest is empty. An error of
	// type config.Problems is passed on as such. It is called by one goroutine.
	Apply func(context.Context, Config) error
	// Running is what is in force: without Data, and with an empty digest for the node's own file.
	// A node may go back by itself from what it has applied, and why says the reason then.
	Running func() (running Config, why string)
	// Counts are the node's counters, and LatencyBounds what they count durations by, in seconds.
	Counts        func() Counts
	LatencyBounds []float64

	Log *logrus.Logger
	// Pauses between tries to connect: the first, and the longest. Zero: 0.2 s and 5 s.
	FirstPause, LongestPause time.Duration
}

// A Client keeps a node in step with config-sync.
type Client struct {
	options Options
	boot    string
	tracked tracked

	// The fields from here on belong to the goroutine that calls Run.
	life   context.Context // ends with Run
	kept   kept            // what the cache holds, or should
	known  []Config        // whose bytes are here: what runs, and what ran before
	answer *answer         // what was last reported
	beats  *beats
}

// An answer is what became of a revision.
type answer struct {
	Config
	problems config.Problems
	reason   string // of a refusal; "" where it was applied
}

const (
	firstPause   = 200 * time.Millisecond
	longestPause = 5 * time.Second
	// steady is how long a stream has to live for the next pause to be the first again.
	steady = 5 * time.Second
	// namesake is the pause after another stream has come under this name: two nodes would push
	// each other out for ever.
	namesake = 10 * time.Second
)

// New makes a Client, and reads the cache. A cache that can't be read is an error in State, and as
// if it were not there.
func New(o Options) *Client {
	if o.FirstPause == 0 {
		o.FirstPause = firstPause
	}
	if o.LongestPause == 0 {
		o.LongestPause = longestPause
	}
	boot := make([]byte, 8)
	_, _ = rand.Read(boot) // it never fails
	c := &Client{options: o, boot: hex.EncodeToString(boot)}
	c.tracked.assignments, c.tracked.connects = map[string]uint64{}, map[string]uint64{}
	c.tracked.state.Since = time.Now()
	if o.Cache == "" {
		return c
	}
	k, err := readCache(o.Cache)
	if err != nil {
		o.Log.WithError(err).Error("config-sync: the last good configuration can't be read; the " +
			"node starts from its own file")
		c.tracked.state.CacheError = err.Error()
		return c
	}
	c.kept = k
	c.tracked.state.Highest = k.highest
	if err := c.checkKept(); err != nil {
		o.Log.WithError(err).Error("config-sync: the last good configuration is not trusted; the " +
			"node starts from its own file")
		c.tracked.state.CacheError = err.Error()
		c.kept.Config = Config{}
	}
	return c
}

// Cached is the configuration that was in force when the node ended; false: none, or its own file.
func (c *Client) Cached() (Config, bool) { return c.kept.Config, c.kept.Digest != "" }

// Started says what the node has begun with, before Run: the cached configuration or its own file.
func (c *Client) Started(with Config) {
	if with.Digest != "" {
		c.known = append(c.known, with)
	}
	c.answer = &answer{Config: with}
	if with.Digest != c.kept.Digest {
		// It could not be put in force; config-sync is to give it again.
		c.answer = nil
	}
	with.Data = nil
	c.tracked.change(func(s *State) { s.Running, s.FromCache = with, with.Digest != "" })
}

// Resume says what the process before this one had: the highest revision that it was given. The
// cache may not tell, or there is none.
func (c *Client) Resume(highest uint64) {
	c.kept.highest = max(c.kept.highest, highest)
	c.tracked.change(func(s *State) { s.Highest = c.kept.highest })
}

// Run follows config-sync until ctx ends.
func (c *Client) Run(ctx context.Context) error {
	c.life = ctx
	c.beats = newBeats(c.options.Counts(), time.Now())
	addresses := slices.Clone(c.options.Addresses)
	mathrand.Shuffle(len(addresses), func(i, j int) {
		addresses[i], addresses[j] = addresses[j], addresses[i]
	})
	pause := c.options.FirstPause
	for i := 0; ctx.Err() == nil; i++ {
		address := addresses[i%len(addresses)]
		began := time.Now()
		err := c.connect(ctx, address)
		if ctx.Err() != nil {
			break
		}
		c.lost(address, err)
		if time.Since(began) > steady {
			pause = c.options.FirstPause
		}
		if status.Code(err) == codes.Aborted {
			pause = max(pause, namesake)
		}
		wait(ctx, pause/2+mathrand.N(pause))
		if (i+1)%len(addresses) == 0 {
			pause = min(2*pause, c.options.LongestPause)
		}
	}
	c.tracked.change(func(s *State) { s.Connected = false })
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// lost notes the end of a connection, or that there was none. The log is told when that is news.
func (c *Client) lost(address string, err error) {
	text := "config-sync has ended the stream"
	if s, ok := status.FromError(err); ok && err != nil {
		text = s.Message()
	} else if err != nil {
		text = err.Error()
	}
	var was bool
	var before string
	c.tracked.change(func(s *State) {
		was, before = s.Connected, s.LastError
		if s.Connected {
			s.Since = time.Now()
		}
		s.Connected, s.Server, s.LastError = false, address, text
	})
	if !was {
		c.tracked.count(c.tracked.connects, "failed")
	}
	if was || before != text {
		c.options.Log.WithField("server", address).WithField("error", text).
			Warn("config-sync: not connected; the node goes on with what it has, and tries again")
	}
}

// keepaliveParameters ask as often as config-sync allows, so that a dead connection is noticed in
// 15 s.
var keepaliveParameters = keepalive.ClientParameters{
	Time: 10 * time.Second, Timeout: 5 * time.Second,
}

// connect follows one replica, until the stream ends.
func (c *Client) connect(ctx context.Context, address string) error {
	creds := insecure.NewCredentials()
	if c.options.TLS != nil {
		conf, err := c.options.TLS()
		if err != nil {
			return fmt.Errorf("config_sync.tls: %w", err)
		}
		creds = credentials.NewTLS(conf)
	}
	conn, err := grpc.NewClient("dns:///"+address, grpc.WithTransportCredentials(creds),
		grpc.WithKeepaliveParams(keepaliveParameters),
		grpc.WithDefaultServiceConfig(
			`{"loadBalancingConfig":[{"pick_first":{"shuffleAddressList":true}}]}`),
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxConfig+1<<20)),
		grpc.WithUserAgent("gateway/"+c.options.Version))
	if err != nil {
		return err
	}
	defer conn.Close()
	err = c.follow(ctx, conn, address)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
