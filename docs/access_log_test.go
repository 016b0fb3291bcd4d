package docs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/libs/accesslog"
)

// logField is a field of a line, or what the page says of one.
type logField struct {
	name, kind string
	always     bool
}

// lineFields are the fields of a line of JSON, in their order.
func lineFields(t *testing.T, text []byte) (fields []logField) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		value, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		kind := map[reflect.Kind]string{
			reflect.String: "text", reflect.Float64: "number",
		}[reflect.TypeOf(value).Kind()]
		fields = append(fields, logField{name: fmt.Sprint(name), kind: kind})
	}
	return fields
}

// filled gives each field of a struct a value.
func filled(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case f.Type() == reflect.TypeFor[time.Time]():
			f.Set(reflect.ValueOf(time.Unix(1, 0)))
		case f.Kind() == reflect.Struct:
			filled(f)
		case f.Kind() == reflect.String:
			f.SetString("a")
		case f.Kind() == reflect.Slice:
			f.SetBytes([]byte("a"))
		case f.CanInt():
			f.SetInt(1)
		}
	}
}

// written is the line that a writer makes.
func written(t *testing.T, log func(*accesslog.Writer)) []byte {
	t.Helper()
	var out bytes.Buffer
	w := accesslog.NewWriter(struct{ io.Writer }{&out}, accesslog.Options{
		Form: accesslog.Form{Query: true},
	})
	log(w)
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Each field of a line has its row, in the order of the line, with its type and when it is there.
func TestTheAccessLogsPageHasEveryField(t *testing.T) {
	var entry, least accesslog.Entry
	var session, leastSession accesslog.Session
	filled(reflect.ValueOf(&entry).Elem())
	filled(reflect.ValueOf(&session).Elem())
	for _, of := range []struct {
		section      string
		whole, least func(*accesslog.Writer)
	}{
		{"## A line of JSON\n", func(w *accesslog.Writer) { w.Log(&entry) },
			func(w *accesslog.Writer) { w.Log(&least) }},
		{"## A line of a session\n", func(w *accesslog.Writer) { w.LogSession(&session) },
			func(w *accesslog.Writer) { w.LogSession(&leastSession) }},
	} {
		_, page, ok := strings.Cut(docs.AccessLog, of.section)
		if !ok {
			t.Fatalf("the page has no %s", of.section)
		}
		page, _, _ = strings.Cut(page, "\n## ")
		var got []logField
		for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|(.*)\\|$").
			FindAllStringSubmatch(page, -1) {
			cells := strings.Split(row[2], "|")
			if len(cells) != 4 {
				t.Fatalf("%s has %d cells", row[1], len(cells)+1)
			}
			got = append(got, logField{
				row[1], strings.TrimSpace(cells[0]), strings.TrimSpace(cells[3]) == "always",
			})
		}
		want := lineFields(t, written(t, of.whole))
		always := lineFields(t, written(t, of.least))
		for i := range want {
			want[i].always = want[i].name != "query" && slices.ContainsFunc(always,
				func(f logField) bool { return f.name == want[i].name })
		}
		if !slices.Equal(got, want) {
			t.Errorf("%sthe page has\n%v\nand a line\n%v", of.section, got, want)
		}
	}
	for _, name := range accesslog.Hideable() {
		if !strings.Contains(docs.AccessLog, "`"+name+"`") {
			t.Errorf("%s, which can be left out, is not on the page", name)
		}
	}
}
