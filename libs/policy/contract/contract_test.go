package contract

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// A route has what it asks for: a hook that it does not need is not there to be called.
func TestNew(t *testing.T) {
	if p, err := New(&config.Route{}, nil, new(Counts)); p != nil || err != nil {
		t.Errorf("without the key: %v, %v", p, err)
	}
	for _, test := range []struct {
		requests, responses string
		any, asks, answers  bool
	}{
		{"off", "off", false, false, false}, {"shadow", "off", true, true, false},
		{"off", "enforce", true, false, true}, {"enforce", "shadow", true, true, true},
	} {
		r := &config.Route{Name: "r", OpenAPI: &config.RouteOpenAPI{Spec: "a.yaml",
			Requests: test.requests, Responses: test.responses}}
		p, err := New(r, new(openapi.Contract), new(Counts))
		if err != nil || (p != nil) != test.any {
			t.Fatalf("%+v: %v, %v", test, p, err)
		}
		_, asks := p.(policy.OnRequest)
		_, answers := p.(policy.OnResponse)
		if asks != test.asks || answers != test.answers {
			t.Errorf("%+v: it asks %v, it answers %v", test, asks, answers)
		}
		if _, err := New(r, nil, new(Counts)); (err != nil) != test.any {
			t.Errorf("%+v: without the document: %v", test, err)
		}
	}
}

// What is told of a message is bounded, and can do no harm where it is shown.
func TestRefusal(t *testing.T) {
	hostile := strings.Repeat("</script>\"\n\x00", 20)
	var all []openapi.Violation
	for range openapi.MaxViolations {
		all = append(all, openapi.Violation{Where: "body", Pointer: "/" + hostile, Rule: "type",
			Message: hostile})
	}
	r := &policy.Request{ID: []byte("id")}
	a := refusal(r, gwerr.ContractRequest, "request", all)
	var e struct {
		Error struct {
			Code, Message string
			ID            string `json:"correlation_id"`
			Violations    []openapi.Violation
		}
	}
	if err := json.Unmarshal(a.Body, &e); err != nil || e.Error.Code != "GW_CONTRACT_REQUEST" ||
		e.Error.ID != "id" || len(e.Error.Violations) != len(all) ||
		e.Error.Violations[0] != all[0] {
		t.Errorf("%s: %v", a.Body, err)
	}
	note := appendNote(appendNote("", "request", all), "response", all)
	if len(note) > maxNote+len(" …") || !strings.HasPrefix(note, "request body/") {
		t.Errorf("the note has %d bytes: %s", len(note), note)
	}
}
