package causes_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A failing is one way in which a request fails, with what is to be said of it. Its route takes the
// paths below /NAME, and leads to a cluster of its own.
type failing struct {
	name string
	// serve is an endpoint over TCP; with none, address is where nobody may be.
	serve   func(*testkit.Conn)
	address string
	// second is another endpoint's address; "" for none.
	second string
	// cluster, route and where are more keys: of the cluster, of the route, and of the listener
	// that the request is for, public where nothing is said.
	cluster, route, where string
	// request is what the client sends, with PATH for the path; "" is a GET. do is for a client
	// that does more.
	request string
	do      func(*testing.T, *scene, string)
	// What the client gets, the code in the log, the kind of the cause, and words of it.
	status     int
	code, kind string
	want       []string
	// hint are words of what to do; untold is what must not be in it.
	hint, untold string
	attempts     int // how many are told of; 0: any number
}

// A scene is an edge with a route for each failing.
type scene struct {
	*edgetest.Reloadable
	authority *testkit.Authority
	dir       string
	spec      *openspectest.Document
}

// A line is what the tests read of a line of the access log.
type line struct {
	ID       string `json:"request_id"`
	Path     string `json:"path"`
	Status   int    `json:"status"`
	Code     string `json:"code"`
	Cause    string `json:"cause"`
	Failure  string `json:"endpoint_failure"`
	Endpoint string `json:"endpoint"`
}

// lines are those of the access log that fit.
func (s *scene) lines(fits func(*line) bool) (all []line) {
	for text := range strings.Lines(s.Stdout()) {
		var l line
		if json.Unmarshal([]byte(text), &l) == nil && fits(&l) {
			all = append(all, l)
		}
	}
	return all
}

// listeners are those that failings name with where.
const listeners = `
  - {name: public, address: "127.0.0.1:0"}
  - {name: hasty, address: "127.0.0.1:0", timeouts: {header: 300ms, body_idle: 300ms},
     limits: {max_request_line_bytes: 300, max_header_bytes: 1000, max_headers: 10}}
  - {name: secured, address: "127.0.0.1:0", tls: {certificates: [{cert: front.pem, key: front.key}],
     client_ca: ca.pem, client_auth: optional}}
  - {name: mutual, address: "127.0.0.1:0", tls: {certificates: [{cert: front.pem, key: front.key}],
     client_ca: ca.pem}}
`

// start runs an edge with a route for each failing. more are further parts of the document.
func start(t *testing.T, all []failing, more string, files map[string]string) *scene {
	t.Helper()
	s := &scene{authority: testkit.NewAuthority(t), dir: t.TempDir()}
	s.authority.Leaf(t, nil, testkit.FrontName).Write(t, s.dir, "front")
	testkit.Leaf{Cert: s.authority.PEM}.Write(t, s.dir, "ca")
	s.authority.Leaf(t, nil, "edge.test").Write(t, s.dir, "client")
	for name, text := range files {
		if err := testkit.Replace(filepath.Join(s.dir, name), text); err != nil {
			t.Fatal(err)
		}
	}
	var clusters, routes strings.Builder
	for i := range all {
		f := &all[i]
		if f.serve != nil {
			f.address = testkit.NewUpstream(t, f.serve).Addr()
		}
		if f.address == "" {
			f.address = edgetest.RefusedAddr(t)
		}
		endpoints := fmt.Sprintf("{address: %q}", f.address)
		if f.second != "" {
			endpoints += fmt.Sprintf(", {address: %q}", f.second)
		}
		name := strings.ReplaceAll(f.name, " ", "-")
		fmt.Fprintf(&clusters, "  - {name: %s, endpoints: [%s]%s}\n", name, endpoints,
			withComma(f.cluster))
		route := f.route
		if !strings.Contains(route, "respond:") {
			route = "cluster: " + name + withComma(route)
		}
		if !strings.Contains(route, "path") {
			route += ", path_prefix: /" + name
		}
		fmt.Fprintf(&routes, "  - {name: %s, %s}\n", name, route)
	}
	s.Reloadable = edgetest.StartReloadableIn(t, s.dir, "version: 1\nlisteners:"+listeners+
		"clusters:\n"+clusters.String()+"routes:\n"+routes.String()+
		"admin: {address: \"127.0.0.1:0\"}\n"+more)
	var err error
	s.spec, err = openspectest.Parse(openspec.Admin)
	edgetest.Must(t, err)
	return s
}

func withComma(keys string) string {
	if keys == "" {
		return ""
	}
	return ", " + keys
}

// check makes a request fail, and checks what is said of it.
func (s *scene) check(t *testing.T, f *failing) {
	t.Helper()
	path := "/" + strings.ReplaceAll(f.name, " ", "-")
	where := f.where
	if where == "" {
		where = "public"
	}
	var answer *testkit.Response
	switch {
	case f.do != nil:
		f.do(t, s, path)
	default:
		request := f.request
		if request == "" {
			request = "GET PATH HTTP/1.1\r\nHost: a.test\r\n\r\n"
		}
		c := testkit.Dial(t, s.Addr(where))
		edgetest.Must(t, c.Send(strings.ReplaceAll(request, "PATH", path)))
		head, err := c.Head()
		edgetest.Must(t, err)
		answer = head
		n, _ := strconv.Atoi(head.Fields.Get("Content-Length"))
		body, _ := c.Bytes(n) // of a response that breaks off there is less
		if head.Status >= 400 && f.code != "" {
			s.silent(t, f, body)
		}
	}
	var l line
	testkit.Eventually(t, "the access log tells of it", func() bool {
		found := s.lines(func(l *line) bool {
			if answer != nil {
				return l.ID == answer.Fields.Get("X-Request-Id")
			}
			return l.Path == path && l.Cause != ""
		})
		if len(found) > 0 {
			l = found[len(found)-1]
		}
		return len(found) > 0
	})
	if l.Status != f.status || l.Code != f.code {
		t.Errorf("the status is %d %s, want %d %s", l.Status, l.Code, f.status, f.code)
	}
	told(t, "cause", l.Cause, f.want...)
	s.explains(t, f, &l)
}

// silent checks that a client learns nothing of what is behind the gateway.
func (s *scene) silent(t *testing.T, f *failing, body string) {
	t.Helper()
	secrets := []string{
		f.address, f.second, "connection refused", "reset by peer", "syscall", "errno",
		"timeouts.connect", "certificate authority", "NXDOMAIN", ".invalid", "self-signed",
		"up.test", "machine.test", "planted",
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(body, secret) {
			t.Errorf("the client is told of %q: %s", secret, body)
		}
	}
}

// explains checks what gateway why says.
func (s *scene) explains(t *testing.T, f *failing, l *line) {
	t.Helper()
	status, header, body, err := s.Ask("GET", "/why/"+l.ID)
	edgetest.Must(t, err)
	if status != 200 {
		t.Fatalf("/why knows nothing of %+v: %d %s", l, status, body)
	}
	if err := s.spec.CheckAnswer("GET /why/{id}", status, header, body); err != nil {
		t.Errorf("openspec/admin.yaml: %v", err)
	}
	var why admin.Explanation
	edgetest.Must(t, json.Unmarshal(body, &why))
	if why.Cause != l.Cause || f.kind != "" && why.CauseKind != f.kind {
		t.Errorf("why: the cause is %s %q, want %s and that of the log, %q", why.CauseKind,
			why.Cause, f.kind, l.Cause)
	}
	if why.Hint == "" || why.Digest == "" {
		t.Errorf("why: nothing is said of what to do, or of the configuration: %s", body)
	}
	told(t, "hint", why.Hint, f.hint)
	if f.untold != "" && strings.Contains(why.Hint, f.untold) {
		t.Errorf("the hint has %q: %s", f.untold, why.Hint)
	}
	if f.attempts != 0 && len(why.Attempts) != f.attempts {
		t.Errorf("%d attempts are told of, want %d: %s", len(why.Attempts), f.attempts, body)
	}
	for i, at := range why.Attempts {
		if i > 0 && at.DurationMS < why.Attempts[i-1].DurationMS {
			t.Errorf("attempt %d ended before the one before", i+1)
		}
	}
	if strings.HasPrefix(f.code, "GW_UPSTREAM") && len(why.Endpoints) == 0 && l.Status >= 500 {
		t.Errorf("no weights are told of: %s", body)
	}
}

// ask is what gateway why says of a request, once it has ended.
func (s *scene) ask(t *testing.T, id string) (why admin.Explanation) {
	t.Helper()
	testkit.Eventually(t, "/why knows the request", func() bool {
		status, _, body, err := s.Ask("GET", "/why/"+id)
		return err == nil && status == 200 && json.Unmarshal(body, &why) == nil
	})
	return why
}

// told checks that a text has all words, and says more than that something could not be reached.
func told(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s: no %q in %q", what, w, text)
		}
	}
	for _, vague := range []string{
		"the endpoint could not be reached", "the connection to the endpoint could not be secured",
	} {
		if strings.TrimSuffix(text, ".") == vague {
			t.Errorf("%s says no more than %q", what, text)
		}
	}
}
