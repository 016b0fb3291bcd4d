package reference

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	schemakind "github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// compiled returns the schema, which compiling has held against the schema of schemas.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance returns a tree as the schema library wants it.
func instance(n *text.Node) any {
	switch n.Kind {
	case text.Null:
		return nil
	case text.Bool:
		return strings.EqualFold(n.Text, "true")
	case text.Int, text.Float:
		return json.Number(n.Text)
	case text.Map:
		m := make(map[string]any, len(n.Keys))
		for i, k := range n.Keys {
			m[k.Name] = instance(&n.Values[i])
		}
		return m
	case text.List:
		l := make([]any, len(n.Values))
		for i := range n.Values {
			l[i] = instance(&n.Values[i])
		}
		return l
	default:
		return n.Text
	}
}

// places returns the paths of the values that a schema found something wrong with.
func places(e *jsonschema.ValidationError) (paths []string) {
	// The library says of a key's name which it is, and not where.
	if of, ok := e.ErrorKind.(*schemakind.PropertyNames); ok {
		return []string{"*." + of.Property}
	}
	if len(e.Causes) == 0 {
		path := ""
		for _, part := range e.InstanceLocation {
			if i, err := strconv.Atoi(part); err == nil {
				path = text.JoinIndex(path, i)
			} else {
				path = text.JoinKey(path, part)
			}
		}
		return []string{path}
	}
	for _, c := range e.Causes {
		paths = append(paths, places(c)...)
	}
	return paths
}

// outer returns the path of what a value is in.
func outer(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }

// unseen are the codes of what no schema can see, with the reason.
var unseen = map[string]string{
	config.CodeFile:        "files are outside the document",
	config.CodeCertificate: "files are outside the document",
	config.CodeOpenAPI:     "files are outside the document",
	config.CodeSecurity:    "what a mode needs is told better by its own words",
	config.CodeDupName:     "a name is looked for in another entry",
	config.CodeRegex:       "what RE2 takes, no pattern says",
	config.CodeListener:    "a reference is to another part of the document",
	config.CodeCluster:     "a reference is to another part of the document",
	config.CodeAuthRef:     "a reference is to another part of the document",
	config.CodeDupRoute:    "two routes are compared",
	config.CodeCollision:   "two addresses are compared",
	config.CodeTooMany:     "it is no fault",
}

// unseenHere are other problems of testdata that no schema can see, with the reason.
var unseenHere = map[string]string{
	"not-yet routes[0].rate_limit.scope E_MISSING":         "gossip is far from the limit",
	"rate-limits routes[10].rate_limit.scope E_MISSING":    "gossip is far from the limit",
	"rate-limits routes[13].rate_limit[3].scope E_MISSING": "gossip is far from the limit",
	"voters gossip.voters[2] E_VALUE":                      "a list of texts has no bounds",

	"openapi routes[3].openapi.copies[0].url E_VALUE":              "no pattern says what a URL is",
	"placeholders routes[0].headers.request.set.X-C E_PLACEHOLDER": "it is right with auth",
	"placeholders routes[0].headers.request.set.X-D E_PLACEHOLDER": "it is right with auth",

	"tracing tracing.attributes.service.name E_CONFLICT": "any other name may be there",
	"tracing tracing.otlp.headers.Content-Type E_HEADER": "any other name may be there",
	"tracing tracing.otlp.headers.grpc-timeout E_HEADER": "any other name may be there",
	"tracing tracing.otlp.headers.X-Line E_HEADER":       "an editor does not see the secret",

	"rate-limits routes[6].rate_limit.key E_CONFLICT": "it is right with auth",
	"rate-limits routes[7].rate_limit.burst E_VALUE":  "how long that takes is arithmetic",
	"rate-limits routes[14].rate_limit E_VALUE":       "no tag bounds how long a list is",

	"api-keys auth.api_keys[2].in E_VALUE":              "a pattern does not know fields",
	"tokens auth.jwt[7].from[6] E_VALUE":                "a pattern does not know fields",
	"basic auth.basic[0].realm E_VALUE":                 "any text but that may be one",
	"basic routes[1].auth.any_of E_CONFLICT":            "one key rules another out",
	"basic routes[1].auth.any_of E_MISSING":             "an empty list is one",
	"basic routes[2].auth.any_of[0].forward E_CONFLICT": "one key rules another out",
	"basic routes[2].auth.any_of[1] E_MISSING":          "one of several keys has to be there",
	"client-certificates auth.client_certificates[0].clients[1].names[0] E_VALUE": "" +
		"three kinds of names",
	"client-certificates auth.client_certificates[0].clients[1].names[1] E_VALUE": "" +
		"three kinds of names",
	"client-certificates listeners[0].tls.client_auth E_CONFLICT": "one key needs another",
	"forward auth.forward[1].pass[0] E_HEADER":                    "a pattern does not know fields",
	"forward auth.forward[4].url E_VALUE": "" +
		"what a URL is takes more than a pattern",
	"forward auth.forward[5].security E_CONFLICT": "" +
		"it depends on the scheme of url",
	"forward auth.forward[6].security.ca E_CONFLICT": "" +
		"one key makes another meaningless",
	"forward auth.forward[8].url E_VALUE": "" +
		"it is about the value of a secret",

	"sharing clusters[6].balance.key E_CONFLICT": "it depends on the listeners",
	"sharing clusters[6].sticky E_CONFLICT":      "it depends on the listeners",
	"sharing clusters[7].balance.key E_CONFLICT": "it depends on the listeners",
	"sharing clusters[10].sticky.ttl E_VALUE":    "how long a duration is takes arithmetic",
	"sharing clusters[10].sticky.secret E_SECRET": "any text may be a secret, and editors would " +
		"show it",
	"sharing clusters[11].sticky.secret E_SECRET":    "it is about the value of a secret",
	"conditions routes[5].when.headers.x-a E_HEADER": "keys are compared without case",
	"unix-sockets listeners[1].address E_ADDRESS": "how long a path is depends on the folder " +
		"of the file",
	"unix-sockets clusters[0].endpoints[3].address E_ADDRESS": "listeners have such addresses",
	"tls listeners[1].tls.certificates E_MISSING": "an absent list and one " +
		"that could not be read look alike",
	"tls clusters[1].security.ca E_CONFLICT": "one key makes another " +
		"meaningless",
	"tls clusters[1].security.server_name E_CONFLICT": "one key makes another " +
		"meaningless",
	"tls clusters[2].security.mode E_CONFLICT": "one key makes another " +
		"meaningless",
	"tls clusters[4].security.pins E_CONFLICT": "one key makes another " +
		"meaningless",
	"tls routes[0].client_certificate.names[1] E_VALUE": "three kinds of names have " +
		"no pattern together",
	"tls routes[0].client_certificate.names[2] E_VALUE": "three kinds of names have " +
		"no pattern together",
	"tls routes[0].client_certificate.names[3] E_VALUE": "three kinds of names have " +
		"no pattern together",
	"tls clusters[2].security.server_name E_HOST": "an IP address is one as well",
	"config-sync config_sync.address E_ADDRESS": "an address to listen on " +
		"may be that of all interfaces",
	"config-sync config_sync.replicas[0] E_ADDRESS": "an address to listen on " +
		"may have port 0",
	"config-sync config_sync.node E_VALUE": "names of nodes have a " +
		"pattern of their own, and may be secrets",
	"config-sync config_sync.security.server_name E_HOST": "what a host name is takes " +
		"more than a pattern",
	"gossip-key gossip.advertise E_ADDRESS": "an address to listen on " +
		"may be that of all interfaces",
	"gossip-key gossip.key E_VALUE": "what a key decodes to has " +
		"no pattern",
	"gossip gossip.key E_MISSING": "whether it is needed " +
		"depends on the address",
	"gossip gossip.advertise E_MISSING": "whether it is needed " +
		"depends on the address",
	"gossip gossip.name E_VALUE": "a schema counts " +
		"characters, not bytes",
	"gossip gossip.accept_keys E_CONFLICT": "one key makes another " +
		"meaningless",
	"gossip gossip.join[0] E_ADDRESS": "an address to listen on " +
		"needs no host",
	"gossip gossip.join[1] E_ADDRESS": "an address to listen on " +
		"may have the port 0",
	"gossip gossip.join[2] E_ADDRESS": "an address to listen on " +
		"may be that of all interfaces",
	"gossip gossip.accept_keys[0] E_VALUE": "what a key decodes to has " +
		"no pattern",
	"gossip gossip.accept_keys[1] E_VALUE": "the value of a secret is " +
		"outside the document",
	"active-checks clusters[0].health.active.status E_VALUE": "which status is less takes " +
		"arithmetic",
	"active-checks clusters[0].health.active.interval E_VALUE": "which duration is less " +
		"takes arithmetic",
	"active-checks clusters[1].health.active.timeout E_CONFLICT": "which duration is less " +
		"takes arithmetic",
	"active-checks clusters[2].health.active.path E_CONFLICT": "one key makes another " +
		"meaningless",
	"active-checks clusters[2].health.active.host E_CONFLICT": "one key makes another " +
		"meaningless",
	"active-checks clusters[2].health.active.status E_CONFLICT": "one key makes another " +
		"meaningless",
	"active-checks clusters[2].health.active.service E_CONFLICT": "one key makes another " +
		"meaningless",
	"active-checks clusters[3].health.active.path E_CONFLICT": "one key makes another " +
		"meaningless",
	"active-checks clusters[4].health.active.service E_CONFLICT": "one key makes another " +
		"meaningless",
	"active-checks clusters[4].health.active.timeout E_CONFLICT": "which duration is less " +
		"takes arithmetic",
	"addresses clusters[0].endpoints[0].address E_ADDRESS": "whether numbers are an IP " +
		"address takes arithmetic",
	"addresses clusters[0].endpoints[1].address E_ADDRESS": "the pattern is that of a " +
		"listener, which may have port 0",
	"addresses clusters[0].endpoints[4].address E_ADDRESS": "whether numbers are an IP " +
		"address takes arithmetic",
	"addresses admin.address E_ADDRESS": "whether a port is too " +
		"large takes arithmetic",
	"sessions clusters[2].proxy_protocol E_CONFLICT": "whether it is wrong " +
		"depends on the routes",
	"proxy-protocol listeners[0].proxy_protocol_from E_CONFLICT": "one key makes another " +
		"meaningless",
	"proxy-protocol listeners[1].proxy_protocol_from[0] E_ADDRESS": "which bits a range has " +
		"takes arithmetic",
	"proxy-protocol clusters[0].proxy_protocol_tlvs E_CONFLICT": "one key makes another " +
		"meaningless",
	"conflicts listeners[1].http1 E_CONFLICT": "one key makes another " +
		"meaningless",
	"conflicts clusters[1].protocol E_CONFLICT": "one key makes another " +
		"meaningless",
	"conflicts clusters[2].protocol E_CONFLICT": "one key makes another " +
		"meaningless",
	"conflicts routes[2].rewrite.strip_prefix E_CONFLICT": "absent, empty and / are " +
		"one prefix",
	"conflicts routes[3].rewrite.replace_prefix E_CONFLICT": "two values are compared",
	"error-pages routes[3].error_pages[1].on[0] E_CONFLICT": "two lists are compared",
	"answers routes[4].respond.body E_CONFLICT":             "one key makes another meaningless",
	"answers routes[9].respond.content_type E_HEADER": "it is a value of a field, and those " +
		"have one pattern",
	"answers routes[11].respond.headers.Content-Type E_HEADER": "names of fields have one " +
		"pattern, whatever their case",
	"redirects routes[15].redirect.replace_prefix E_CONFLICT": "one key makes another " +
		"meaningless",
	"redirects routes[16].redirect.replace_prefix E_CONFLICT": "two values are compared",
	"redirects routes[17].redirect.path E_CONFLICT":           "two values are compared",
	"headers routes[0].headers.request.set.x-tenant E_HEADER": "keys are compared without " +
		"case",
	"headers routes[0].headers.request.remove[2] E_HEADER": "entries are compared " +
		"without case",
	"hosts routes[0].hosts[3] E_HOST": "labels are counted",
	"hosts routes[0].hosts[5] E_HOST": "IDNA",
	"hosts routes[0].hosts[6] E_HOST": "whether numbers are an IP " +
		"address takes arithmetic",
	"hosts routes[0].hosts[9] E_VALUE": "IDNA",
	"secrets listeners[0].address E_ADDRESS": "it is about the value of a " +
		"secret",
	"secrets clusters[0].endpoints[0].address E_SECRET": "it is about the value of a " +
		"secret",
	"secrets clusters[1].endpoints[0].address E_SECRET": "it is about the value of a " +
		"secret",
	"secrets routes[0].hosts[0] E_HOST": "it is about the value of a " +
		"secret",
	"secrets routes[0].headers.request.set.Authorization E_HEADER": "it is about the value of a " +
		"secret",
	"secrets admin.token E_VALUE": "it is about the value of a " +
		"secret",
	"headers routes[0].headers.request.replace.X-Tenant E_CONFLICT": "names have no case",
	"headers routes[0].headers.request.replace.cookie E_CONFLICT":   "names have no case",
	"placeholders routes[0].headers.request.set.X-I E_PLACEHOLDER":  others,
	"placeholders routes[0].headers.request.set.X-M E_PLACEHOLDER":  others,
	"placeholders routes[0].headers.request.set.X-N E_PLACEHOLDER":  others,
	"placeholders routes[0].headers.request.set.X-S E_PLACEHOLDER":  others,
	"placeholders routes[0].headers.request.set.X-R E_HEADER": "it is about the value of a " +
		"variable",
	"placeholders routes[0].headers.request.set.X-Forwarded-For E_PLACEHOLDER": others,
	"without-endpoints routes[1].timeouts.request E_CONFLICT": "a default may stand " +
		"there",
	"without-endpoints routes[1].timeouts.idle E_CONFLICT": "a default may stand " +
		"there",
	"without-endpoints routes[2].headers.request E_CONFLICT": "it takes three " +
		"sections",
	"without-endpoints routes[3].allow_encoded_slash E_CONFLICT": "false may stand " +
		"there",
	"without-endpoints routes[3].allow_encoded_backslash E_CONFLICT": "false may stand " +
		"there",
	"without-endpoints routes[4].error_pages[0].from E_CONFLICT": "it takes three " +
		"sections",
	"mirror routes[14].mirror.compare.headers[2] E_HEADER": "names have no case",
	"cors routes[3].cors.origins[7] E_VALUE":               "it is about the normal form",
	"cors routes[3].cors.origins[8] E_VALUE":               "the list is right without it",
	"cors routes[3].cors.headers[2] E_HEADER":              "names have no case",
	"unreachable routes[2].path_prefix E_UNREACHABLE_ROUTE": "whether it is wrong depends on " +
		"allow_encoded_slash",
	"unreachable routes[4].path_prefix E_UNREACHABLE_ROUTE": "which bytes need no encoding " +
		"takes a table",
	"unreachable routes[9].hosts[0] E_UNREACHABLE_ROUTE": "the length is that of the normal " +
		"form",
	"tokens auth.jwt[0].jwks E_MISSING": "whether it is wrong depends on " +
		"introspection",
	"tokens auth.jwt[1].jwks E_CONFLICT":                     "one key makes another meaningless",
	"tokens auth.jwt[5].introspection.client_id E_MISSING":   "it depends on client_secret",
	"tokens auth.jwt[7].algorithms E_MISSING":                "an empty list is a list",
	"tokens auth.jwt[7].types E_MISSING":                     "an empty list is a list",
	"tokens auth.jwt[7].from[5] E_VALUE":                     "entries are compared without case",
	"tokens auth.jwt[7].leeway E_VALUE":                      "durations are compared",
	"tokens auth.jwt[8].from E_MISSING":                      "an empty list is a list",
	"unreachable routes[10].path_prefix E_UNREACHABLE_ROUTE": "it depends on the listeners",
}

const others = "what other products call their variables takes a table"

// Each problem of each golden is found by the schema too, or is listed above.
func TestTheSchemaFindsWhatValidationFinds(t *testing.T) {
	schema := compiled(t)
	goldens, err := filepath.Glob("../testdata/*.txt")
	if err != nil || len(goldens) == 0 {
		t.Fatal(goldens, err)
	}
	notFound := make(map[string]bool)
	for _, golden := range goldens {
		base := strings.TrimSuffix(golden, ".txt")
		file := base + ".yaml"
		if _, err := os.Stat(base + ".json"); err == nil {
			file = base + ".json"
		}
		data, err := os.ReadFile(file)
		if err != nil {
			continue // read.txt is about a file that is not there
		}
		var unreadable text.Problems
		root := text.Parse(file, data, &unreadable)
		if root == nil || len(unreadable) > 0 {
			continue // there is no document to hold against a schema
		}
		var found []string
		var e *jsonschema.ValidationError
		if err := schema.Validate(instance(root)); errors.As(err, &e) {
			found = places(e)
		}
		resolve := func(ref, _ string) (string, error) {
			if strings.HasSuffix(ref, ":UNSET") || strings.HasSuffix(ref, "missing") ||
				strings.HasPrefix(ref, "secret:vault") {
				return "", errors.New("not found")
			}
			if strings.HasSuffix(ref, ":LINES") {
				return "\n", nil
			}
			return "x:y", nil
		}
		_, ps := config.Options{Secrets: resolve}.Decode(file, data)
		for _, p := range ps {
			key := strings.TrimPrefix(base, "../testdata/") + " " + p.Path + " " + p.Code
			near := slices.ContainsFunc(found, func(at string) bool {
				if key, ok := strings.CutPrefix(at, "*"); ok {
					return strings.HasSuffix(p.Path, key)
				}
				return at == p.Path || at == outer(p.Path) || p.Path != "" &&
					strings.HasPrefix(at, p.Path)
			})
			_, listed := unseenHere[key]
			switch {
			case listed && near:
				t.Errorf("%s: the schema finds it, so it need not be listed", key)
			case !listed && unseen[p.Code] == "" && !near:
				t.Errorf("%s: the schema does not find it; it found %q", p, found)
			}
			notFound[key] = true
		}
	}
	for key := range unseenHere {
		if !notFound[key] {
			t.Errorf("%s is listed and no golden has it", key)
		}
	}
}

func TestTheSchemaTakesWhatIsValid(t *testing.T) {
	schema := compiled(t)
	files, err := filepath.Glob("../testdata/valid*")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var ps text.Problems
		if err := schema.Validate(instance(text.Parse(file, data, &ps))); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	// What is left out may be written out.
	d := config.Embedded()
	d.Clusters[0].Endpoints[0].Address = "127.0.0.1:9001"
	retry := config.Fresh(reflect.TypeFor[config.Retry]()).Interface().(config.Retry)
	reload := config.Fresh(reflect.TypeFor[config.Reload]()).Interface().(config.Reload)
	d.Routes[0].Retry, d.Reload = &retry, &reload
	defaults, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Canonical(d)))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(defaults); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

func TestTheSchemaHasEveryKeyWithItsText(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	for _, k := range Keys() {
		at := any(schema)
		for _, part := range strings.Split(strings.ReplaceAll(k.Path, "[]", ".[]"), ".") {
			m, _ := at.(map[string]any)
			if part == "[]" {
				at = m["items"]
			} else if part == "*" { // a text, or a mapping
				more, _ := m["additionalProperties"].(map[string]any)
				if at = more["else"]; at == nil { // no text
					at = more
				}
			} else if properties, ok := m["properties"].(map[string]any); ok {
				at = properties[part]
			}
		}
		if m, _ := at.(map[string]any); m["description"] != k.Text {
			t.Errorf("%s: the schema says %v", k.Path, m["description"])
		}
	}
	if len(SchemaDigest()) != 64 {
		t.Error(SchemaDigest())
	}
}
