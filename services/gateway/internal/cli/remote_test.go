package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/cli"
)

const evilName = "evil\x1b[2J\u009b31m\u202e"

var started = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func problem() config.Problem {
	return config.Problem{
		File: "gateway.yaml", Line: 14, Column: 7, Path: "routes[1].cluster",
		Code: config.CodeCluster, Message: `no cluster is named "user"`,
		Hint: `did you mean "users"?`,
	}
}

// sampleStatus is a gateway that has seen something.
func sampleStatus(name string) admin.Status {
	refused := admin.Receipt{
		ID: 2, Time: started.Add(80 * time.Second), Trigger: admin.ByFile, Result: admin.Refused,
		Reason: admin.ReasonInvalid, Message: "the configuration has problems", OldDigest: "abc",
		Problems: []config.Problem{problem()},
	}
	return admin.Status{
		Version: "1.2.3", Started: started, Uptime: 90, State: admin.Ready,
		Digest: "0123456789abcdef", Source: name,
		Listeners: []admin.Listener{
			{
				Name: name, Address: "127.0.0.1:8080", ConfiguredAddress: "127.0.0.1:0",
				Protocol: "http", ActiveConnections: 12,
			},
		},
		Clusters: []admin.Cluster{
			{
				Name: name, Connections: 7, MaxConnections: 1024, Pending: 1,
				Endpoints: []admin.Endpoint{
					{
						Address: "127.0.0.1:9001", Weight: 3, EffectiveWeight: 1, Reason: name +
							" 2 of 3 requests failed", ActiveConnections: 5, IdleConnections: 2,
					},
					{Address: name, Weight: 1, EffectiveWeight: 1, Reason: "as configured"},
				},
			},
		},
		AccessLog: admin.AccessLog{Output: "stdout", Dropped: 4},
		Reloads: []admin.Receipt{
			refused,
			{
				ID: 1, Time: started.Add(30 * time.Second), Trigger: admin.ByAPI,
				Result: admin.Applied, Reason: admin.ReasonOK, Message: name, DurationMS: 12.5,
			},
		},
		LastError: &refused,
	}
}

func applied(name string) admin.Receipt {
	return admin.Receipt{
		ID: 7, Time: started, Trigger: admin.ByAPI, Result: admin.Applied, Reason: admin.ReasonOK,
		OldDigest: "0123456789abcdef", NewDigest: "fedcba9876543210", DurationMS: 12.6,
		Listeners: changes.Set{Kept: 1, Removed: []string{name}},
		Clusters: changes.Set{
			Changed: []changes.Change{
				{Name: name, What: []string{"weight of 127.0.0.1:9001: 3 -> 1"}},
			},
		},
		Routes:      changes.Set{Kept: 9999, Added: []string{name}},
		Other:       []string{"drain.timeout: 30s -> 5s"},
		StreamsKept: 42,
		StreamsClosed: []admin.StreamsClosed{
			{Listener: name, Count: 3, Why: "the listener was removed"},
		},
		NeedsRestart: []string{"admin.address"}, Omitted: 2,
	}
}

func explanation(name string) admin.Explanation {
	return admin.Explanation{
		ID: "abc", Time: started, Client: "10.0.0.1:1", Listener: name, Protocol: "HTTP/1.1",
		Method: "GET", Host: name, Path: "/" + name,
		Route: name, RouteWhy: "the longest prefix", Status: 502, Code: "GW_UPSTREAM_CONNECT",
		Message: "the endpoint can't be reached", DurationMS: 31,
		Attempts: []admin.Attempt{
			{Endpoint: "127.0.0.1:9001", Outcome: "connect", DurationMS: 30},
			{Endpoint: name, Outcome: name, DurationMS: 31},
		},
		Mirrors: []admin.Mirror{{
			Cluster: name, Endpoint: name, ID: name, Status: 500, Count: 2,
			Differences: []admin.Difference{{Part: "body", At: name, Primary: &name}},
		}},
	}
}

// fakeAPI answers as an admin API with what is in it, and returns its address.
func fakeAPI(t testing.TB, name string, token string) string {
	t.Helper()
	refused := applied(name)
	refused.Result, refused.Reason, refused.Message, refused.Problems = admin.Refused,
		admin.ReasonInvalid, "the configuration has problems; the one in force stays",
		[]config.Problem{problem()}
	mux := http.NewServeMux()
	answer := func(pattern string, status int, v any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+token && token != "" {
				w.WriteHeader(http.StatusUnauthorized)
				_, _ =
					w.Write(
						[]byte(
							`{"error":{"code":"GW_UNAUTHENTICATED","message":"no token","correlation_id":"x"}}`))
				return
			}
			w.WriteHeader(status)
			if err := json.NewEncoder(w).Encode(v); err != nil {
				t.Error(err)
			}
		})
	}
	answer("GET /status", 200, sampleStatus(name))
	answer("POST /reload", 200, applied(name))
	answer("POST /rollback", 422, refused)
	answer("POST /drain", 202, admin.StateAnswer{Status: admin.Draining})
	answer("GET /why/abc", 200, explanation(name))
	answer("GET /why/{id}", 404, map[string]any{
		"error": map[string]string{
			"code": "GW_NO_ROUTE", "message": "nothing is known of " + name, "correlation_id": "x",
		},
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestStatusIsTables(t *testing.T) {
	r := invoke(t, "status", "--admin", fakeAPI(t, "users", ""))
	want := `gateway 1.2.3 is ready, up 1m30s
configuration: users, digest 0123456789ab
warning: 4 lines of the access log were dropped: its output is too slow

LISTENER  ADDRESS         PROTOCOL  CONNECTIONS
users     127.0.0.1:8080  http               12

CLUSTER  CONNECTIONS  LIMIT  WAITING
users              7   1024        1

CLUSTER  ENDPOINT        WEIGHT  EFFECTIVE  ACTIVE  IDLE  REASON
users    127.0.0.1:9001       3          1       5     2  users 2 of 3 requests failed
users    users                1          1       0     0  as configured

RELOAD     WHEN  TRIGGER  RESULT   REASON    TOOK  MESSAGE
     2  10s ago  file     refused  invalid   0 ms  the configuration has problems
     1  1m00s ago  api      applied  ok       12 ms  users

the last change was refused: the configuration has problems
gateway.yaml:14:7: routes[1].cluster: E_UNKNOWN_CLUSTER: no cluster is named "user"; did you mean "users"?
`
	want = strings.Replace(want, "RELOAD     WHEN  TRIGGER", "RELOAD       WHEN  TRIGGER", 1)
	want = strings.Replace(want, "     2  10s ago", "     2    10s ago", 1)
	if r.stdout != want || r.code != 0 || r.stderr != "" {
		t.Errorf("exit code %d, stderr %q, got\n%s\nwant\n%s", r.code, r.stderr, r.stdout, want)
	}
	var s admin.Status
	invoke(t, "status", "--json", "--admin", fakeAPI(t, "users", "")).json(t, &s)
	if s.Digest != "0123456789abcdef" || len(s.Reloads) != 2 {
		t.Errorf("%+v", s)
	}
}

func TestAReceiptIsToldInWords(t *testing.T) {
	address := fakeAPI(t, "users", "")
	want := `reload 7: applied in 12 ms
digest 0123456789ab -> fedcba987654
listeners: 1 kept, 1 removed
  - users
clusters: 1 changed
  ~ users
      weight of 127.0.0.1:9001: 3 -> 1
routes: 9999 kept, 1 added
  + users
other
  ~ drain.timeout: 30s -> 5s
client connections: 42 kept
  - 3 of listener users: the listener was removed
needs a restart: admin.address
2 more entries left out
`
	if r := invoke(t, "reload", "--admin", address); r.stdout != want || r.code != 0 ||
		r.stderr != "" {
		t.Errorf("exit code %d, stderr %q, got\n%s\nwant\n%s", r.code, r.stderr, r.stdout, want)
	}
	var receipt admin.Receipt
	invoke(t, "reload", "--json", "--admin", address).json(t, &receipt)
	if receipt.ID != 7 || receipt.StreamsKept != 42 {
		t.Errorf("%+v", receipt)
	}
}

func TestARefusedChangeEndsWith1AndAllProblems(t *testing.T) {
	address := fakeAPI(t, "users", "")
	want := `rollback 7: refused in 12 ms: the configuration has problems; the one in force stays
gateway.yaml:14:7: routes[1].cluster: E_UNKNOWN_CLUSTER: no cluster is named "user"; did you mean "users"?
digest 0123456789ab stays in force
`
	if r := invoke(t, "rollback", "--admin", address); r.stdout != want || r.code != 1 ||
		r.stderr != "" {
		t.Errorf("exit code %d, stderr %q, got\n%s\nwant\n%s", r.code, r.stderr, r.stdout, want)
	}
	var receipt admin.Receipt
	r := invoke(t, "rollback", "--json", "--admin", address)
	if r.json(t, &receipt); r.code != 1 || receipt.Result != admin.Refused ||
		len(receipt.Problems) != 1 {
		t.Errorf("exit code %d, %+v", r.code, receipt)
	}
}

func TestWhyTellsTheStoryOfARequest(t *testing.T) {
	address := fakeAPI(t, "users", "")
	r := invoke(t, "why", "abc", "--admin", address)
	for _, want := range []string{
		"GET users/users\n", "  route      users\n             the longest prefix\n",
		"  answer     502 GW_UPSTREAM_CONNECT: the endpoint can't be reached\n",
		"  what to do Check that the endpoint runs",
		"  ATTEMPT  ENDPOINT        AFTER  OUTCOME\n        1  127.0.0.1:9001  30 ms  connect\n",
	} {
		r.want(t, 0, want, "")
	}
	invoke(t, "why", "other", "--admin", address).want(t, 1, "",
		"404 GW_NO_ROUTE: nothing is known of users")
	var e admin.Explanation
	invoke(t, "why", "abc", "--json", "--admin", address).json(t, &e)
	if len(e.Attempts) != 2 {
		t.Errorf("%+v", e)
	}
}

func TestWhatAServerSaysIsShownAndNotObeyed(t *testing.T) {
	address := fakeAPI(t, evilName, "")
	for _, args := range [][]string{
		{"status"}, {"reload"}, {"rollback"}, {"drain"}, {"why", "abc"}, {"why", "other"},
	} {
		for _, more := range [][]string{nil, {"--json"}, {"--color=always"}} {
			r := invoke(t, append(append(args, "--admin", address), more...)...)
			if r.stdout+r.stderr == "" {
				t.Errorf("%v prints nothing", args)
			}
			checkHarmless(t, r, more != nil && more[0] == "--color=always")
		}
	}
}

func TestTheTokenComesFromAFlagTheEnvironmentOrTheConfiguration(t *testing.T) {
	address := fakeAPI(t, "users", "s3cret")
	invoke(t, "status", "--admin", address).want(t, 1, "",
		"401 GW_UNAUTHENTICATED: no token; set GATEWAY_ADMIN_TOKEN")
	invoke(t, "status", "--admin", address, "--token", "s3cret").want(t, 0, "is ready", "")
	invokeIn(t, environ{"GATEWAY_ADMIN_TOKEN": "s3cret"}, "status", "--admin", address).want(t, 0,
		"is ready", "")
	invokeIn(t, environ{"GATEWAY_ADMIN_TOKEN": "s3cret"}, "status", "--admin", address, "--token",
		"wrong").want(t, 1, "", "the token given is not")
}

func TestTheTokenOfTheConfigurationMayBeASecret(t *testing.T) {
	address := fakeAPI(t, "users", "s3cret-s3cret-s3cret")
	file := write(t, "gateway.yaml",
		valid+"admin: {address: "+address+", token: \"secret:env:ADMIN\"}\n")
	invokeIn(t, environ{"ADMIN": "s3cret-s3cret-s3cret"}, "status", "--config", file).want(t, 0,
		"is ready", "")
	invoke(t, "status", "--config", file).want(t, 2, "", "E_SECRET")
	r := invokeIn(t, environ{"ADMIN": "s3cret-s3cret-s3cret"}, "config", "show", file)
	r.want(t, 0, "token: secret:env:ADMIN", "")
	if strings.Contains(r.stdout, "s3cret") {
		t.Errorf("the token is shown:\n%s", r.stdout)
	}
}

func TestTheAddressComesFromTheConfiguration(t *testing.T) {
	address := fakeAPI(t, "users", "")
	file := write(t, "gateway.yaml", valid+"admin: {address: "+address+"}\n")
	invoke(t, "status", "--config", file).want(t, 0, "is ready", "")
	invoke(t, "status", "--config", file, "--admin", "127.0.0.1:1").want(t, 1, "",
		"127.0.0.1:1: nothing listens there")
	off := write(t, "off.yaml", valid+"admin: {address: off}\n")
	invoke(t, "status", "--config", off).want(t, 2, "", "the admin API is turned off")
	bad := write(t, "bad.yaml", "version: 2\n")
	r := invoke(t, "status", "--config", bad)
	r.want(t, 2, "", "E_VERSION")
	r.want(t, 2, "", "--admin ADDR does without it")
}

func TestStatusIsWatchedUntilItIsInterrupted(t *testing.T) {
	var asked atomic.Int32
	enough := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch asked.Add(1) {
		case 2:
			w.WriteHeader(http.StatusBadGateway) // one failure does not end it
			return
		case 3:
			close(enough)
		}
		_ = json.NewEncoder(w).Encode(sampleStatus("users"))
	}))
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	go func() { <-enough; cancel() }()
	var stdout, stderr bytes.Buffer
	code := cli.Main(ctx, cli.Options{
		Args: []string{
			"status", "--watch", "--interval", "100ms", "--admin", s.Listener.Addr().String(),
		},
		Env: func(string) string { return "" }, Stdout: &stdout, Stderr: &stderr,
	})
	if n := strings.Count(stdout.String(), "is ready"); code != 0 || n < 1 || n > 2 ||
		!strings.Contains(stderr.String(), "502") {
		t.Errorf("exit code %d, %d looks, stderr %q", code, n, stderr.String())
	}
	invoke(t, "status", "--watch", "--admin", "127.0.0.1:1").want(t, 1, "", "nothing listens there")
}

func TestDrainWaitsForTheEnd(t *testing.T) {
	draining := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			close(draining)
			_ = json.NewEncoder(w).Encode(admin.StateAnswer{Status: admin.Draining})
			return
		}
		_ = json.NewEncoder(w).Encode(sampleStatus("users"))
	}))
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		<-draining
		s.Close()
	}()
	invoke(t, "drain", "--wait", "--admin", s.Listener.Addr().String()).want(t, 0, "has ended\n",
		"")
	<-gone
	invoke(t, "drain", "--admin", fakeAPI(t, "users", "")).want(t, 0, "is draining: ", "")
}
