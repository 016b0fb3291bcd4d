package dashboards

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// server is a Prometheus that answers each query with the same, and checks what it is asked.
func server(t *testing.T, answer string) Prometheus {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.FormValue("query"); r.URL.Path != "/api/v1/query_range" ||
			strings.Contains(q, "$") || r.FormValue("step") != "10s" {
			t.Errorf("%s was asked for %q, step %s", r.URL.Path, q, r.FormValue("step"))
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return Prometheus{URL: s.URL, Client: s.Client()}
}

var hour = Span{
	From: time.Unix(1000, 0), To: time.Unix(1100, 0), Step: 10 * time.Second, Rate: time.Minute,
}

func TestAPictureShowsWhatPrometheusAnswers(t *testing.T) {
	t.Parallel()
	p := server(t, `{"status":"success","data":{"resultType":"matrix","result":[
		{"metric":{"route":"<b>"},"values":[[1000,"1"],[1010,"NaN"],[1020,"3"],[1030,"4"]]},
		{"metric":{"route":"a"},"values":[[1000,"10"],[1010,"20"]]}]}}`)
	panel := graph("Requests & more", requests, "", ask("up{SEL}", "{{route}} of it"))
	b := Board{Title: "A board", Of: []string{"up"}, Rows: []Row{{"Row", []Panel{
		panel, stack("Parts", bytes, "", panel.Queries...),
		number("Left", seconds, "", panel.Queries...),
	}}}}
	picture, err := b.Draw(t.Context(), p, hour)
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, picture)
		}
	}
	for _, want := range []string{
		"A board", "Requests &amp; more", "&lt;b&gt; of it", ">a of it<", ">20/s<", ">4 s<",
		"1m40s of a real run", "1970-01-01",
	} {
		if !strings.Contains(picture, want) {
			t.Errorf("the picture has no %q:\n%s", want, picture)
		}
	}
	// The first series has a gap, so that it is drawn in two pieces.
	if n := strings.Count(picture, "h1"); n < 6 {
		t.Errorf("%d pieces of lines:\n%s", n, picture)
	}
}

func TestAPictureWithoutData(t *testing.T) {
	t.Parallel()
	b := Board{Of: []string{"up"}, Rows: []Row{
		{"Row", []Panel{graph("P", count, "", ask("up", ""))}},
	}}
	empty := server(t, `{"status":"success","data":{"result":[]}}`)
	picture, err := b.Draw(t.Context(), empty, hour)
	if err != nil || !strings.Contains(picture, "nothing in this run") {
		t.Errorf("%v: %s", err, picture)
	}
	_, err = b.Draw(t.Context(), server(t, `{"status":"error","error":"bad_data"}`), hour)
	if err == nil || !strings.Contains(err.Error(), "bad_data") {
		t.Errorf("an error of Prometheus: %v", err)
	}
}

func TestValuesAreShort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unit Unit
		v    float64
		want string
	}{
		{share, 0.025, "2.5 %"}, {share, 1, "100 %"}, {seconds, 0.00025, "250 µs"},
		{seconds, 0.5, "500 ms"}, {seconds, 90, "90 s"}, {seconds, 30 * 86400, "30 d"},
		{bytes, 2.5e8, "250 MB"}, {bytesSecond, 1500, "1.5 kB/s"}, {requests, 0, "0/s"},
		{count, 12345, "12.3k"}, {count, 7, "7"},
	} {
		if got := c.unit.Text(c.v); got != c.want {
			t.Errorf("%v as %s: %q, want %q", c.v, c.unit, got, c.want)
		}
	}
	for v, want := range map[float64]float64{0: 1, 0.7: 1, 3: 5, 1100: 2000, 0.03: 0.05} {
		if got := round(v, count); fmt.Sprintf("%.3f", got) != fmt.Sprintf("%.3f", want) {
			t.Errorf("an axis for %v ends at %v", v, got)
		}
	}
}

// Pictures in a repository stay for ever: they are small, and the page shows each.
func TestPicturesAreSmall(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/dashboards.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range Boards() {
		info, err := os.Stat(gallery + b.Name + ".svg")
		if err != nil || info.Size() > 150<<10 ||
			!strings.Contains(string(page), "(dashboards/"+b.Name+".svg)") {
			t.Errorf("the picture of %s: %v, or it is large, or no page shows it", b.Name, err)
		}
	}
}
