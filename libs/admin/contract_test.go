package admin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
)

var (
	rebound = []string{"Host", "evil.example"}
	foreign = []string{"Sec-Fetch-Site", "cross-site"}
)

func locked() *service { return with(func(s *service) { s.Token = "secret" }) }

func refusing() *service {
	return with(func(s *service) {
		s.reload = admin.Receipt{
			ID: 4, Time: started, Trigger: admin.ByAPI, Result: admin.Refused,
			Reason: admin.ReasonInvalid, Message: "2 problems",
			Problems: []config.Problem{
				{
					File: "gateway.yaml", Line: 14, Column: 7, Path: "routes[1].cluster",
					Code: "E_UNKNOWN_CLUSTER", Message: `no cluster is named "user"`, Hint: "u",
				},
				{File: "gateway.yaml", Code: "E_READ", Message: "gone"},
			},
		}
		s.rollback = s.reload
	})
}

// upgrading is a service whose upgrades end so.
func upgrading(result admin.Result, reason admin.Reason) *service {
	return with(func(s *service) { s.upgrade.Result, s.upgrade.Reason = result, reason })
}

func defective() *service {
	return with(func(s *service) {
		s.Snapshot = func() admin.Snapshot { panic("boom") }
		s.Config = func() *config.Document { panic("boom") }
		s.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })
		s.Catalog = func() []admin.CatalogRoute { panic("boom") }
		s.Why = func(string) (admin.Explanation, bool) { panic("boom") }
		s.Mirrors = func(string) []admin.Explanation { panic("boom") }
		s.Drain = func() { panic("boom") }
	})
}

// TestEveryResponseKeepsItsContract makes every response that admin.yaml promises, and holds it
// against the document.
func TestEveryResponseKeepsItsContract(t *testing.T) {
	d := document(t)
	produced := map[string][]string{}
	for _, c := range []struct {
		service   *service
		operation string
		status    int
		headers   []string
	}{
		{live(), "GET /healthz", 200, nil},
		{starting(), "GET /healthz", 200, nil},
		{draining(), "GET /healthz", 200, nil},
		{locked(), "GET /healthz", 200, rebound},
		{live(), "GET /healthz", 403, rebound},

		{live(), "GET /readyz", 200, nil},
		{locked(), "GET /readyz", 200, rebound},
		{live(), "GET /readyz", 403, rebound},
		{defective(), "GET /readyz", 500, nil},
		{starting(), "GET /readyz", 503, nil},
		{draining(), "GET /readyz", 503, nil},

		{live(), "GET /", 200, nil},
		{starting(), "GET /", 200, nil},
		{afterReloads(), "GET /", 200, nil},
		{locked(), "GET /", 401, nil},
		{live(), "GET /", 403, rebound},
		{defective(), "GET /", 500, nil},

		{live(), "GET /metrics", 200, nil},
		{locked(), "GET /metrics", 401, nil},
		{live(), "GET /metrics", 403, rebound},
		{defective(), "GET /metrics", 500, nil},

		{live(), "GET /status", 200, nil},
		{starting(), "GET /status", 200, nil},
		{draining(), "GET /status", 200, nil},
		{afterReloads(), "GET /status", 200, nil},
		{locked(), "GET /status", 401, nil},
		{live(), "GET /status", 403, rebound},
		{defective(), "GET /status", 500, nil},

		{live(), "GET /config", 200, nil},
		{locked(), "GET /config", 401, nil},
		{live(), "GET /config", 403, rebound},
		{defective(), "GET /config", 500, nil},
		{starting(), "GET /config", 503, nil},

		{live(), "GET /catalog", 200, nil},
		{with(func(s *service) {
			s.Catalog = func() []admin.CatalogRoute { return nil }
		}), "GET /catalog", 200, nil},
		{locked(), "GET /catalog", 401, nil},
		{live(), "GET /catalog", 403, rebound},
		{defective(), "GET /catalog", 500, nil},

		{live(), "GET /why/known", 200, nil},
		{locked(), "GET /why/known", 401, nil},
		{live(), "GET /why/known", 403, rebound},
		{live(), "GET /why/other", 404, nil},
		{defective(), "GET /why/known", 500, nil},

		{live(), "GET /mirrors", 200, nil},
		{with(func(s *service) {
			s.Mirrors = func(string) []admin.Explanation { return nil }
		}), "GET /mirrors", 200, nil},
		{locked(), "GET /mirrors", 401, nil},
		{live(), "GET /mirrors", 403, rebound},
		{defective(), "GET /mirrors", 500, nil},

		{live(), "POST /reload", 200, nil},
		{with(func(s *service) { s.reload.Result = admin.Unchanged }), "POST /reload", 200, nil},
		{locked(), "POST /reload", 401, nil},
		{live(), "POST /reload", 403, foreign},
		{live(), "POST /reload", 403, rebound},
		{refusing(), "POST /reload", 422, nil},
		{defective(), "POST /reload", 500, nil},
		{draining(), "POST /reload", 503, nil},
		{with(func(s *service) {
			s.reload = admin.Receipt{Result: admin.Refused, Reason: admin.ReasonDraining}
		}), "POST /reload", 503, nil},

		{live(), "POST /rollback", 200, nil},
		{locked(), "POST /rollback", 401, nil},
		{live(), "POST /rollback", 403, foreign},
		{with(func(s *service) {
			s.rollback.Result, s.rollback.Reason = admin.Refused, admin.ReasonNothing
		}), "POST /rollback", 409, nil},
		{refusing(), "POST /rollback", 422, nil},
		{defective(), "POST /rollback", 500, nil},
		{draining(), "POST /rollback", 503, nil},

		{live(), "POST /upgrade", 200, nil},
		{locked(), "POST /upgrade", 401, nil},
		{live(), "POST /upgrade", 403, foreign},
		{live(), "POST /upgrade", 403, rebound},
		{upgrading(admin.Refused, admin.ReasonBusy), "POST /upgrade", 409, nil},
		{upgrading(admin.Refused, admin.ReasonContainer), "POST /upgrade", 409, nil},
		{upgrading(admin.Refused, admin.ReasonBinary), "POST /upgrade", 422, nil},
		{upgrading(admin.TakenBack, admin.ReasonTrial), "POST /upgrade", 422, nil},
		{upgrading(admin.Refused, admin.ReasonDraining), "POST /upgrade", 503, nil},
		{defective(), "POST /upgrade", 500, nil},
		{draining(), "POST /upgrade", 503, nil},

		{live(), "POST /drain", 202, nil},
		{draining(), "POST /drain", 202, nil},
		{locked(), "POST /drain", 401, nil},
		{live(), "POST /drain", 403, foreign},
		{defective(), "POST /drain", 500, nil},
	} {
		method, path, _ := strings.Cut(c.operation, " ")
		operation := c.operation
		if strings.HasPrefix(path, "/why/") {
			operation = "GET /why/{id}"
		}
		w := do(c.service.handler(), method, path, c.headers...)
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d: %s", c.operation, w.Code, c.status, w.Body)
		}
		if err := d.CheckAnswer(operation, w.Code, w.Header(), w.Body.Bytes()); err != nil {
			t.Errorf("%v\n%s", err, w.Body)
		}
		sameID(t, w.Header(), w.Body.Bytes())
		produced[operation] = append(produced[operation], strconv.Itoa(w.Code))
	}
	for _, op := range d.Operations() {
		method, path, _ := strings.Cut(op, " ")
		if path == "/healthz" || path == "/readyz" {
			continue
		}
		w := do(admin.ForProbes(live().handler()), method, path)
		if err := d.CheckAnswer(op, w.Code, w.Header(), w.Body.Bytes()); err != nil ||
			w.Code != 503 {
			t.Errorf("%s where there is no room: %d, %v", op, w.Code, err)
		}
		produced[op] = append(produced[op], strconv.Itoa(w.Code))
	}
	for _, op := range d.Operations() {
		for _, status := range d.Statuses(op) {
			if !slices.Contains(produced[op], status) {
				t.Errorf("%s promises status %s, but no case makes it", op, status)
			}
		}
	}
}

// sameID fails unless an error names the ID that the head names.
func sameID(t *testing.T, h http.Header, body []byte) {
	t.Helper()
	var e admin.Error
	if json.Unmarshal(body, &e) == nil && e.Error.Code != "" &&
		e.Error.CorrelationID != h.Get("X-Request-Id") {
		t.Errorf("correlation_id %q, X-Request-Id %q", e.Error.CorrelationID, h.Get("X-Request-Id"))
	}
}

func TestWhatIsNotInTheDocumentIsAnErrorOfIt(t *testing.T) {
	d := document(t)
	h := live().handler()
	w := do(h, "GET", "/nothing")
	if err := d.CheckResponse("NotFound", w.Header(), w.Body.Bytes()); err != nil || w.Code != 404 {
		t.Errorf("/nothing: %d, %v", w.Code, err)
	}
	for _, op := range d.Operations() {
		if !strings.Contains(w.Body.String(), op) {
			t.Errorf("the answer to /nothing does not name %s: %s", op, w.Body)
		}
		method, path, _ := strings.Cut(op, " ")
		for _, other := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
			if other == method || other == "HEAD" && method == "GET" {
				continue
			}
			w := do(h, other, path)
			if err := d.CheckResponse("MethodNotAllowed", w.Header(), w.Body.Bytes()); err != nil ||
				w.Code != 405 {
				t.Errorf("%s %s: %d, %v", other, path, w.Code, err)
			}
			if want := map[string]string{
				"GET": "GET, HEAD", "POST": "POST",
			}[method]; w.Header().Get("Allow") != want {
				t.Errorf("%s %s: Allow %q, want %q", other, path, w.Header().Get("Allow"), want)
			}
		}
	}
}

func TestHeadIsGet(t *testing.T) {
	for _, path := range []string{"/healthz", "/status", "/catalog", "/metrics"} {
		if w := do(live().handler(), "HEAD", path); w.Code != 200 {
			t.Errorf("HEAD %s: status %d", path, w.Code)
		}
	}
}

func TestPartsThatAServiceLacksHaveNoPath(t *testing.T) {
	s := live()
	s.Metrics, s.Catalog, s.Why, s.Mirrors, s.Reload = nil, nil, nil, nil, nil
	s.Rollback, s.Drain, s.Failures, s.Upgrade = nil, nil, nil, nil
	h := s.handler()
	for _, op := range document(t).Operations() {
		method, path, _ := strings.Cut(op, " ")
		want := 404
		if slices.Contains([]string{"/healthz", "/readyz", "/status", "/config"}, path) {
			want = 200
		}
		if w := do(h, method, path); w.Code != want {
			t.Errorf("%s: status %d, want %d", op, w.Code, want)
		}
	}
}

func TestNoListIsNull(t *testing.T) {
	for name, v := range map[string]any{
		"Status": admin.Status{}, "Cluster": admin.Cluster{}, "Receipt": admin.Receipt{},
		"Catalog":      admin.Catalog{},
		"CatalogRoute": admin.CatalogRoute{OpenAPI: &admin.CatalogOpenAPI{}},
		"Explanation":  &admin.Explanation{},
		"Process":      admin.Process{},
	} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.NewReplacer(`"last_error":null`, "", `"config_sync":null`,
			"").Replace(string(b)); strings.Contains(text, "null") {
			t.Errorf("%s: %s", name, b)
		}
	}
}

func TestAnswersReadBack(t *testing.T) {
	s := afterReloads()
	w := do(s.handler(), "GET", "/status")
	var got admin.Status
	d := json.NewDecoder(w.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Version != "1.2.3" || !got.Started.Equal(started) || got.Uptime != 90 ||
		got.AccessLog.Dropped != 7 {
		t.Errorf("%+v", got)
	}
	if !reflect.DeepEqual(got.Listeners[0], s.snapshot.Listeners[0]) ||
		got.Clusters[1].Endpoints[0] != s.snapshot.Clusters[1].Endpoints[0] {
		t.Errorf("%+v", got)
	}
	if len(got.Reloads) != 2 || got.LastError == nil || got.LastError.ID != 2 ||
		got.LastError.Problems[0].Line != 14 {
		t.Errorf("reloads %+v, last error %+v", got.Reloads, got.LastError)
	}
}

// afterReloads is a service of which the last reload was refused.
func afterReloads() *service {
	var h admin.History
	h.Add(live().reload)
	h.Add(refusing().reload)
	return with(func(s *service) {
		s.snapshot.Reloads, s.snapshot.LastError = h.List(), h.LastError()
	})
}

func TestTextIsNotEscapedForWebPages(t *testing.T) {
	w := do(live().handler(), "POST", "/reload")
	if !strings.Contains(w.Body.String(), "max_body_bytes: 1 -> 2") {
		t.Errorf("%s", w.Body)
	}
}

func TestConfigIsRedactedAndReadsBack(t *testing.T) {
	w := do(live().handler(), "GET", "/config")
	if strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("a secret is shown: %s", w.Body)
	}
	var shown map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &shown); err != nil || shown["version"] != 1.0 {
		t.Errorf("%v, %v", shown, err)
	}
}

func TestDrainStartsOnce(t *testing.T) {
	s := live()
	h := s.handler()
	for range 3 {
		if w := do(h, "POST", "/drain"); w.Code != 202 {
			t.Errorf("status %d", w.Code)
		}
	}
	if w := do(h, "GET", "/drain"); w.Code != 405 {
		t.Errorf("GET: status %d", w.Code)
	}
	if s.drains != 1 {
		t.Errorf("drained %d times", s.drains)
	}
}

func TestADefectIsLoggedUnderTheIDOfItsAnswer(t *testing.T) {
	s := defective()
	w := do(s.handler(), "GET", "/status")
	e := s.logged.LastEntry()
	if e == nil || e.Data["correlation_id"] != w.Header().Get("X-Request-Id") ||
		!strings.Contains(e.Message, "boom") {
		t.Errorf("%v", e)
	}
	if strings.Contains(w.Body.String(), "boom") {
		t.Errorf("the client is told of the inside: %s", w.Body)
	}
}

func TestADefectAfterTheAnswerBeganBreaksItOff(t *testing.T) {
	s := with(func(s *service) {
		s.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("half of "))
			panic("boom")
		})
	})
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("panics with %v", p)
		}
	}()
	do(s.handler(), "GET", "/metrics")
}

func TestChangesAreLogged(t *testing.T) {
	s := live()
	h := s.handler()
	do(h, "GET", "/status")
	if n := len(s.logged.AllEntries()); n != 0 {
		t.Errorf("%d lines for a request that changes nothing", n)
	}
	w := do(h, "POST", "/reload")
	e := s.logged.LastEntry()
	if e == nil || e.Data["operation"] != "POST /reload" || e.Data["client"] == "" ||
		e.Data["correlation_id"] != w.Header().Get("X-Request-Id") {
		t.Errorf("%+v", e)
	}
}

func TestReloadIsNotAskedForWhileDraining(t *testing.T) {
	s := draining()
	s.Reload = func(context.Context) admin.Receipt {
		t.Error("a reload while draining")
		return admin.Receipt{}
	}
	s.Rollback = s.Reload
	h := s.handler()
	do(h, "POST", "/reload")
	do(h, "POST", "/rollback")
}
