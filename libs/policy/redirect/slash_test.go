package redirect

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

func TestASlashIsAdded(t *testing.T) {
	r := config.NewRoute("r", "c")
	r.PathPrefix, r.Rewrite = "/app/", &config.Rewrite{StripPrefix: true}
	p, err := NewSlash(&r)
	if err != nil {
		t.Fatal(err)
	}
	slash := p.(*Slash)
	for target, want := range map[string]string{
		"/app": "http://a.test:8080/app/", "/app?a=b": "http://a.test:8080/app/?a=b",
		"/x/../app": "http://a.test:8080/app/",
		"/app/":     "", "/app/x": "", "/app/?a": "",
	} {
		for _, method := range []http1.Method{http1.MethodGet, http1.MethodHead, http1.MethodPost} {
			q := asks(t, target, "a.test:1", "http", 8080)
			q.Head.Method = method
			a := slash.OnRequest(q)
			status := 301
			if method == http1.MethodPost {
				status = 308
			}
			switch {
			case want == "" && a != nil:
				t.Errorf("%s: %+v", target, a)
			case want != "" && (a == nil || a.Status != status ||
				string(a.Lines) != "Location: "+want+"\r\n"):
				t.Errorf("%s: %+v, want %d %s", target, a, status, want)
			}
		}
	}
	if a := slash.OnRequest(asks(t, "/app", "", "http", 80)); a != nil {
		t.Errorf("without a host: %+v", a)
	}
}

func TestOnlyAWrittenSlashThatIsStrippedIsAdded(t *testing.T) {
	for _, tc := range []struct {
		prefix string
		w      *config.Rewrite
	}{
		{"/app", &config.Rewrite{StripPrefix: true}}, {"/app/", nil}, {"/app/", &config.Rewrite{}},
		{"/app/", &config.Rewrite{ReplacePrefix: "/v2"}}, {"/", &config.Rewrite{StripPrefix: true}},
	} {
		r := config.NewRoute("r", "c")
		r.PathPrefix, r.Rewrite = tc.prefix, tc.w
		if p, err := NewSlash(&r); p != nil || err != nil {
			t.Errorf("%+v: %v, %v", tc, p, err)
		}
	}
}
