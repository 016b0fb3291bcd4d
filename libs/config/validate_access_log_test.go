package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// A name that no query can have would leave nothing out, and nobody would notice.
func TestNamesOfTheQueryThatAreLeftOut(t *testing.T) {
	for name, want := range map[string]string{
		"token": "", "X-Amz-Signature": "", "a_b-c": "", strings.Repeat("a", 60): "",
		"": "is empty", "a=b": "more than the name", "?token": "more than the name",
		"user[token]": "more than the name", "a b": "more than the name",
		"t%6Fken": "more than the name", strings.Repeat("a", 61): "longer than 60",
	} {
		d := config.New()
		d.AccessLog.Redact.Query = []string{"first", name}
		got := ""
		for _, p := range config.Validate(d) {
			if p.Path == "access_log.redact.query[1]" {
				got = p.Message
			}
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// Each place of the query that auth reads a credential from is known to who logs the query.
func TestQueriesWithSecrets(t *testing.T) {
	d := config.New()
	if names := d.QueriesWithSecrets(); len(names) > 0 {
		t.Errorf("without auth: %q", names)
	}
	d.Auth = &config.Auth{
		APIKeys: []config.APIKeys{{In: "query:User.Key"}, {In: "header:X-Key"}},
		JWT:     []config.JWT{{From: []string{"header:Authorization", "query:ticket"}}},
	}
	if names := d.QueriesWithSecrets(); !slices.Equal(names, []string{"User.Key", "ticket"}) {
		t.Errorf("%q", names)
	}
}
