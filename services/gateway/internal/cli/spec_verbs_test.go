package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/demo"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/openspec"
)

func TestAnUpstreamIsHeldAgainstItsDocument(t *testing.T) {
	s := httptest.NewServer(demo.Handler())
	defer s.Close()
	spec := write(t, "demo.yaml", openspec.Demo)
	contract, err := openapi.Load(spec, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	junit := filepath.Join(t.TempDir(), "report.xml")
	invoke(t, "spec", "test", "--spec", spec, "--target", s.URL, "--junit", junit).want(t, 0,
		"contract "+contract.Digest()[:12]+"\n", "")
	if data, err := os.ReadFile(junit); err != nil ||
		!strings.Contains(string(data), `failures="0"`) {
		t.Errorf("%v\n%s", err, data)
	}
	var got struct {
		Title, Digest                   string
		Passed, Failed, Skipped, Errors int
		Results                         []struct {
			Operation, Request, Result, Reason string
			Status                             int
			Violations                         []openapi.Violation
			DurationMS                         float64 `json:"duration_ms"`
		}
	}
	invoke(t, "spec", "test", "--json", "--unsafe", "--spec", spec, "--target", s.URL).json(t, &got)
	if got.Passed != 6 || got.Failed != 0 || got.Digest != contract.Digest() {
		t.Errorf("%+v", got)
	}
	broken := httptest.NewServer(http.NotFoundHandler())
	defer broken.Close()
	invoke(t, "spec", "test", "--spec", spec, "--target", broken.URL).want(t, 1,
		"5 failed, 1 skipped", "")
	broken.Close()
	invoke(t, "spec", "test", "--spec", spec, "--target", broken.URL).want(t, 1,
		"5 without an answer", "")
}

func TestSpecVerbsRefuseWhatMakesNoSense(t *testing.T) {
	dir := t.TempDir()
	spec := write(t, "demo.yaml", openspec.Demo)
	config := write(t, "gateway.yaml", valid)
	for name, text := range map[string]string{
		"junk": strings.Repeat("\x00\xff\n", 1000), "other.yaml": "a: 1\n",
		"log": accessLog("/users/1", "/users/2", "/a"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for line, c := range map[string]struct {
		code int
		want string
	}{
		"spec": {2, "needs a verb: generate, " +
			"test, update"},
		"spec test":                                           {2, "--spec is missing"},
		"spec test --spec SPEC":                               {2, "--target is missing"},
		"spec test --spec none --har x":                       {2, "no such file"},
		"spec test --spec DIR --har x":                        {2, "folder"},
		"spec test --spec DIR/junk --har x":                   {2, "junk:"},
		"spec test --spec DIR/other.yaml --har x":             {2, "openapi"},
		"spec test --spec SPEC --har DIR/junk":                {2, "no HAR file"},
		"spec test --spec SPEC --har DIR/none":                {2, "no such file"},
		"spec test --spec SPEC --har x --unsafe":              {2, "--har sends nothing"},
		"spec test --spec SPEC --target a":                    {2, "write a URL"},
		"spec test --spec SPEC --target http://a?b":           {2, "more than a scheme"},
		"spec test --spec SPEC --target http://a -H x":        {2, `write "Name: value"`},
		"spec test --spec SPEC --target http://a --timeout 0": {2, "--timeout"},
		"spec test --spec SPEC --target http://a --ca SPEC":   {2, "has no certificate"},
		"spec test --spec SPEC --target http://127.0.0.1:1 --operation x": {
			2, `no operation "x"`,
		},
		"spec generate x":                             {2, "one argument too many"},
		"spec generate --log DIR/none":                {2, "no such file"},
		"spec generate --log DIR/junk":                {1, "no access log"},
		"spec generate --log DIR/log --config x":      {2, "two ways"},
		"spec generate --host a":                      {2, "--host is for --log"},
		"spec generate --config DIR/junk":             {2, "E_ENCODING"},
		"spec update":                                 {2, "--spec is missing"},
		"spec update --spec SPEC --config DIR/junk":   {2, "E_ENCODING"},
		"spec update --spec DIR/junk --config CONFIG": {2, "junk:"},
		"spec update --spec SPEC --contract maybe": {2, "must be off, shadow, " +
			"enforce, none"},
		"spec update --spec SPEC --config CONFIG --contract none": {2, "--cluster"},
		"spec update --spec SPEC --config CONFIG --contract none --cluster no": {
			2, "E_UNKNOWN_CLUSTER",
		},
		"spec update --from-routes --spec x --cluster a": {2, "--from-routes adds"},
	} {
		args := strings.Fields(strings.NewReplacer("SPEC", spec, "DIR", dir, "CONFIG",
			config).Replace(line))
		if r := invoke(t, args...); r.code != c.code || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%s: %+v, want %d and %q", line, r, c.code, c.want)
		}
	}
}

func TestADocumentIsMadeOfALogAndOfRoutes(t *testing.T) {
	log := write(t, "access.jsonl", accessLog("/users/1", "/users/2", "/a"))
	r := invoke(t, "spec", "generate", "--log", log)
	r.want(t, 0, "\n  /users/{user_id}:\n", "2 operations of 2 paths, from 3 requests\n")
	r = invoke(t, "spec", "generate", "--json", "--config", write(t, "gateway.yaml", valid))
	r.want(t, 0, `"x-gateway-route": "users-api"`, "")
	for name, text := range map[string]string{"log.yaml": "", "routes.json": r.stdout} {
		if text == "" {
			text = invoke(t, "spec", "generate", "--log", log).stdout
		}
		if _, err := openapi.Load(write(t, name, text), openapi.Options{}); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

func TestADocumentAndAConfigurationAreKeptTogether(t *testing.T) {
	config := write(t, "gateway.yaml", "# mine\n"+valid+"# the end\n")
	spec := write(t, "demo.yaml", openspec.Demo)
	args := []string{
		"spec", "update", "--spec", spec, "--config", config, "--cluster", "users", "--contract",
		"none",
	}
	invoke(t, args...).want(t, 0, "with --write:\n  +   - {name: echo, ", "")
	invoke(t, append(args, "--write")...).want(t, 0, config+" was written\n", "")
	invoke(t, args...).want(t, 0, "has all of it\n", "")
	invoke(t, "config", "validate", config).want(t, 0, "ok: ", "")
	var got struct {
		File    string
		Written bool
		Changes []struct{ Route, What, About string }
	}
	invoke(t, append(args, "--json")...).json(t, &got)
	if got.Written || len(got.Changes) != 5 {
		t.Errorf("%+v", got)
	}
	text, err := os.ReadFile(config)
	if err != nil || !strings.HasPrefix(string(text), "# mine\n") ||
		!strings.HasSuffix(string(text), "# the end\n") {
		t.Errorf("%v\n%s", err, text)
	}
	made := filepath.Join(t.TempDir(), "made.yaml")
	invoke(t, "spec", "update", "--from-routes", "--spec", made, "--config", config,
		"--write").want(t, 0, "added    echo: /echo POST\n", "")
	if _, err := openapi.Load(made, openapi.Options{}); err != nil {
		t.Error(err)
	}
}
