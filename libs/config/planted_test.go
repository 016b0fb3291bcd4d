package config_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
	"github.com/gatewayhomebrew/gateway/libs/config/sample"
)

// planted are values of the wrong form for something, each with a text in it that comes nowhere
// else. What a message has of a value is looked for by that text.
func planted(mark string) []string {
	key := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef" + mark))
	return []string{
		mark, mark + ":443", mark + ":99999", mark + ":port", "[" + mark + "]:1", "/" + mark,
		"/a/../" + mark, "/" + mark + "?x", "(" + mark, "*" + mark + "*", mark + ".*.test",
		"\ufeff-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----",
		"-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n",
		"-----BEGIN CERTIFICATE-----\n" + key + "\n-----END CERTIFICATE-----\n",
		"-----BEGIN " + mark + "-----\n" + key + "\n-----END " + mark + "-----\n",
		`"` + mark + `"`, key, mark + "\nX-Injected: 1", mark + "\x00\x7f\u202e", " " + mark + " ",
		"é" + mark, strings.Repeat(mark, 400), "sha256/" + mark, "http://" + mark + "/%zz",
		"https://user:" + mark + "@h/", mark + "=", "GET " + mark, "0x" + mark, mark + "%",
	}
}

// forms are the ways in which a text may stand in an output.
func forms(mark string) []string {
	b := []byte(mark)
	all := []string{
		mark, url.QueryEscape(mark), strconv.Quote(mark), hex.EncodeToString(b),
		strings.ToUpper(mark), strings.ToLower(mark), fmt.Sprint(b),
	}
	for i := range 3 { // wherever it begins in a group of three
		all = append(all, base64.RawStdEncoding.EncodeToString(b[i:])[:12])
	}
	return all
}

// plant puts a reference into the place of a document, and makes what is above it.
func plant(node any, path []string, ref string) any {
	if len(path) == 0 {
		return ref
	}
	key, rest := path[0], path[1:]
	if key == "[]" {
		list, _ := node.([]any)
		if len(list) == 0 {
			list = []any{nil}
		}
		list[0] = plant(list[0], rest, ref)
		return list
	}
	mapping, ok := node.(map[string]any)
	if !ok {
		mapping = map[string]any{}
	}
	if key == "*" {
		key = "X-Planted"
	}
	mapping[key] = plant(mapping[key], rest, ref)
	return mapping
}

// Whatever is wrong with the value of a secret, in whatever place that may have one, no message,
// digest, comparison or other view of the document has anything of it. The places come from the
// document's tags: a new key is tried too.
func TestNoViewOfADocumentHasAnythingOfASecret(t *testing.T) {
	t.Parallel()
	places := sample.SecretPlaces()
	if len(places) < 50 {
		t.Fatalf("only %q may be secrets", places)
	}
	dir := t.TempDir()
	for i, place := range places {
		path := strings.Split(strings.ReplaceAll(place, "[]", ".[]"), ".")
		for j := range planted("") {
			mark := fmt.Sprintf("pl%016xnt", rand.Uint64())
			value := planted(mark)[j]
			ref := "secret:env:PLACE"
			if (i+j)%2 == 1 {
				ref = "secret:file:place"
			}
			base := []string{whole, future}[(i+j/2)%2]
			said := views(t, dir, base, path, ref, value, j%2 == 0)
			for _, form := range forms(mark) {
				if at := strings.Index(said, form); at >= 0 {
					t.Errorf("%s with %q: %q is in …%s", place, value, form,
						said[max(at-200, 0):min(at+200, len(said))])
				}
			}
		}
	}
}

// views is all that can be said of a document with a secret in a place.
func views(
	t *testing.T, dir, base string, path []string, ref, value string, running bool,
) string {
	t.Helper()
	known := map[string]string{}
	options := config.Options{Secrets: func(ref, _ string) (string, error) {
		if v, ok := known[ref]; ok {
			return v, nil
		}
		return "another-value", nil
	}}
	known[ref] = "value-before"
	before, ps := options.Decode(filepath.Join(dir, "gateway.yaml"), []byte(base))
	var tree any = map[string]any{"version": 1}
	if len(ps) == 0 {
		if err := json.Unmarshal(config.Canonical(before), &tree); err != nil {
			t.Fatal(err)
		}
	}
	data, err := json.Marshal(plant(tree, path, ref))
	if err != nil {
		t.Fatal(err)
	}
	known[ref] = value
	var b strings.Builder
	options.Running = running
	d, ps := options.Decode(filepath.Join(dir, "gateway.yaml"), data)
	show := func(ps config.Problems) {
		asJSON, err := json.Marshal(ps)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%v\n%s\n%+v\n", ps, asJSON, []config.Problem(ps))
	}
	show(ps)
	if d == nil {
		return b.String()
	}
	show(d.Warnings())
	show(options.Validate(d))
	fmt.Fprintf(&b, "%s\n%s\n%s\n", config.Show(d), config.Canonical(d), config.Digest(d))
	if before != nil {
		fmt.Fprintf(&b, "%+v\n%q\n", changes.Diff(before, d), d.OtherFiles(before))
	}
	fmt.Fprintln(&b, d.Veil().Text("said: "+value+" and "+strconv.Quote(value)))
	return b.String()
}
