package cli_test

import (
	"strings"
	"testing"
)

func TestARequestIsExplained(t *testing.T) {
	file := write(t, "gateway.yaml", valid)
	for request, want := range map[string][]string{
		"GET api.example.com/users/7": {
			"GET api.example.com/users/7 is for route users-api\n",
			"why       host api.example.com is matched exactly",
			"cluster   users (90 % of the requests)\n", "127.0.0.1:9001, weight 3\n",
			"cluster   new (10 % of the requests)\n",
			"path      /7 upstream, instead of /users/7\n", "time      15s in all",
			"retry     3 attempts at most, on connect, 502; retries are at most 20%",
			"body      10485760 bytes at most", "set       X-From\n", "removed   X-Debug\n",
			"ROUTE  WHY NOT\nwild   ", "\nrest   path /users/7 is not below /rest\n",
		},
		"GET http://API.example.com:8080/users/7?x=1 HTTP/1.1": {"is for route users-api"},
		"POST api.example.com/users": {
			"is for route users-api", "note      POST is not idempotent",
		},
		"DELETE api.example.com/users": {
			"is for no route", "answer    405 GW_METHOD_NOT_ALLOWED, by the edge itself",
			"Allow: GET, POST", "users-api  method DELETE is not among GET, POST",
		},
		"GET /rest/x": {
			"is for route rest", "note      the request names no host",
		},
		"GET elsewhere.org/": {
			"is for no route", "404 GW_NO_ROUTE",
		},
		"GET bücher.example.com/": {
			"GET xn--bcher-kva.example.com/ is for route wild",
			"note      a client sends the host bücher.example.com as xn--bcher-kva.example.com",
		},
		"GET a.example.com//x/../%7Eme#top": {
			"GET a.example.com/~me is for route wild", "normalised to /~me",
			"does not send the fragment #top",
		},
		"GET a.example.com/a%2fb": {
			"answer    400 GW_BAD_REQUEST", "which its route does not allow (allow_encoded_slash)",
		},
		"get a.example.com/": {
			"is for route wild", "methods are told apart by case: get is not GET",
		},
		"CONNECT a.example.com:443": {
			"is for no route", "501 GW_NOT_IMPLEMENTED",
		},
		"TRACE a.example.com/x": {
			"is for no route", "405 GW_METHOD_NOT_ALLOWED", "Allow: GET, HEAD, POST",
			"TRACE is let through by no route",
		},
		"OPTIONS *": {"OPTIONS * is for no route"},
	} {
		t.Run(request, func(t *testing.T) {
			r := invoke(t, "config", "show", "--route", request, file)
			for _, w := range want {
				r.want(t, 0, w, "")
			}
		})
	}
}

func TestWhatIsNoRequestIsExplained(t *testing.T) {
	file := write(t, "gateway.yaml", valid)
	for request, want := range map[string]string{
		"":                      "the request is empty",
		"api.example.com/users": `has no method; write 'GET api.example.com/users'`,
		"GET":                   "has no host and no path",
		"GET a b":               "a space in a path is written %20",
		"GET ftp://a/b":         `the edge proxies http and https, not "ftp"`,
		"GET user@a/b":          "400 GW_BAD_REQUEST: the host is malformed",
		"GET a/%zz": "400 GW_BAD_REQUEST: the path has an incomplete or " +
			"malformed percent-encoding",
		"GET a/%00":                          "an encoded NUL",
		"G(T a/":                             "the method is not a token",
		"GET a:99999/":                       "the host is malformed",
		"GET bü_cher.de:80/":                 "is no name that IDNA allows",
		"GET a/" + strings.Repeat("x", 9000): "414 GW_URI_TOO_LONG",
	} {
		invoke(t, "config", "show", "--route", request, file).want(t, 2, "", want)
	}
}

func TestTheExplanationAsJSON(t *testing.T) {
	file := write(t, "gateway.yaml", valid)
	var r struct {
		Request struct{ Method, Host, Path, Query string }
		Outcome string
		Route   string
		Goes    *struct {
			Clusters []struct {
				Cluster         string
				Share           float64
				ConnectTimeout  string `json:"connect_timeout"`
				ResponseTimeout string `json:"response_timeout"`
				Endpoints       []struct {
					Address string
					Weight  int
				}
			}
			Path           string
			RequestTimeout string `json:"request_timeout"`
			Attempts       int
			RetryOn        []string `json:"retry_on"`
			RetryBudget    string   `json:"retry_budget"`
			MaxBodyBytes   int64    `json:"max_body_bytes"`
			SetHeaders     []string `json:"set_headers"`
			RemoveHeaders  []string `json:"remove_headers"`
		}
		Answer *struct {
			Status int
			Code   string
			Allow  string
		}
		Notes    []string
		Verdicts []struct {
			Route string
			Wins  bool
			Why   string
		}
	}
	invoke(t, "config", "show", "--json", "--route", "GET api.example.com/users/7?a=b",
		file).json(t, &r)
	if r.Route != "users-api" || r.Outcome != "found" || r.Request.Query != "?a=b" ||
		r.Answer != nil || len(r.Verdicts) != 3 || !r.Verdicts[0].Wins || r.Notes == nil {
		t.Errorf("%+v", r)
	}
	if g := r.Goes; g == nil || g.Path != "/7" || len(g.Clusters) != 2 ||
		g.Clusters[0].Share != 0.9 || len(g.Clusters[0].Endpoints) != 2 || g.Attempts != 3 ||
		g.RetryBudget != "20%" {
		t.Errorf("%+v", g)
	}
	r.Goes = nil
	invoke(t, "config", "show", "--json", "--route", "PUT api.example.com/users", file).json(t, &r)
	if r.Outcome != "no method" || r.Goes != nil || r.Answer == nil || r.Answer.Status != 405 ||
		r.Answer.Allow != "GET, POST" {
		t.Errorf("%+v", r)
	}
}

func FuzzARequestIsExplainedOrRefused(f *testing.F) {
	for _, s := range []string{
		"GET api.example.com/users/7", "GET http://h:1/%2f?x#y HTTP/1.1", "OPTIONS *",
		"CONNECT a:1", "GET bü.de", "get", "\x1b \u202e",
	} {
		f.Add(s)
	}
	file := write(f, "gateway.yaml", valid)
	f.Fuzz(func(t *testing.T, request string) {
		r := invoke(t, "config", "show", "--route", request, file)
		checkHarmless(t, r, false)
		if r.code != 0 && r.code != 2 || (r.code == 0) != (r.stderr == "") ||
			(r.code == 0) != (r.stdout != "") {
			t.Fatalf("%q: %+v", request, r)
		}
	})
}

const withConditions = `
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}, {name: side, address: "127.0.0.1:0"}]
clusters: [{name: c, endpoints: [{address: "127.0.0.1:9001"}]}]
routes:
  - {name: canary, cluster: c, when: {headers: {X-Canary: "1"}, clients: [10.0.0.0/8]}}
  - {name: beta, cluster: c, when: {query: {v: {prefix: b}}, cookies: {beta: {present: true}}}}
  - {name: side, path: /side, cluster: c, listeners: [side]}
  - {name: rest, cluster: c}
`

func TestConditionsAreExplained(t *testing.T) {
	file := write(t, "gateway.yaml", withConditions)
	for _, tc := range []struct {
		flags []string
		want  []string
	}{
		{nil, []string{
			"is for route rest", "canary  header X-Canary is not 1, there is none",
			"beta    query parameter v does not begin with b, there is none",
		}},
		{[]string{"-H", "x-canary: 1"}, []string{
			"is for route rest", "canary  the client's address is in none of 10.0.0.0/8",
		}},
		{[]string{"-H", "x-canary: 1", "--client", "10.0.0.7"}, []string{"is for route canary"}},
		{
			[]string{"--listener", "public"},
			[]string{"side    it is for requests of side, not of public"},
		},
		{[]string{"--route", "GET /?v=b2", "-H", "Cookie: beta=1"}, []string{"is for route beta"}},
		{[]string{"--route", "GET /side"}, []string{"is for route side"}},
		{[]string{"--route", "GET /side", "--listener", "public"}, []string{"is for route rest"}},
	} {
		args := append([]string{"config", "show", "--route", "GET /", file}, tc.flags...)
		for _, w := range tc.want {
			invoke(t, args...).want(t, 0, w, "")
		}
	}
	for _, tc := range [][2]string{
		{"--client=x", `--client: "x" is no IP address`},
		{"--listener=x", `--listener: no http listener is named "x"; there is public, side`},
		{"--header=x", "the edge answers"},
	} {
		invoke(t, "config", "show", "--route", "GET /", tc[0], file).want(t, 2, "", tc[1])
	}
}

func TestARedirectIsExplained(t *testing.T) {
	file := write(t, "gateway.yaml", `version: 1
listeners:
  - {name: plain, address: "127.0.0.1:8080"}
  - {name: other, address: "127.0.0.1:8081"}
routes:
  - {name: secure, hosts: [a.test], redirect: {scheme: https, status: 308}}
  - {name: moved, hosts: [b.test], path_prefix: /old, redirect: {replace_prefix: /new}}
`)
	for _, tc := range []struct{ request, listener, want string }{
		{"GET a.test/x?y=z", "plain", "answer    308, by the edge itself\n" +
			"  location  https://a.test/x?y=z\n"},
		{"GET b.test/old/x", "other", "answer    302, by the edge itself\n" +
			"  location  http://b.test:8081/new/x\n"},
	} {
		r := invoke(t, "config", "show", "--route", tc.request, "--listener", tc.listener, file)
		if r.code != 0 || !strings.Contains(r.stdout, tc.want) ||
			strings.Contains(r.stdout, "cluster") || strings.Contains(r.stdout, "retry") {
			t.Errorf("%s: %d %s%s, want %q", tc.request, r.code, r.stdout, r.stderr, tc.want)
		}
	}
	r := invoke(t, "config", "show", "--route", "GET a.test/x", "--json", file)
	if !strings.Contains(r.stdout, `"location": "https://a.test/x"`) ||
		strings.Contains(r.stdout, `"goes"`) {
		t.Errorf("as JSON: %s", r.stdout)
	}
}
