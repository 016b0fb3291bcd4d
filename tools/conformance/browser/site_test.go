package browser_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/release/site/book"
	"github.com/gatewayhomebrew/gateway/release/site/render"
)

// serveSite serves the documentation's site, and tells of each request that it has no file for.
func serveSite(t *testing.T) (url string, paths []string) {
	t.Helper()
	files := os.DirFS("../../..")
	pages, err := book.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	made, err := render.Site{Book: pages, Files: files, Repository: "https://x.example"}.Make()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{
		"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml",
		"png": "image/png",
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/site/")
		data, ok := made[name]
		if !ok {
			if name != "/favicon.ico" {
				t.Errorf("the site has no %s", r.URL.Path)
			}
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kinds[name[strings.LastIndexByte(name, '.')+1:]])
		_, _ = w.Write(data)
	}))
	t.Cleanup(s.Close)
	for name := range made {
		if strings.HasSuffix(name, ".html") {
			paths = append(paths, name)
		}
	}
	return s.URL + "/site/", paths
}

// faint finds the text with the least contrast to what is behind it (WCAG 2.2, section 1.4.3).
const faint = `(() => {
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let worst = 21, where = "";
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.getClientRects().length) continue;
    let behind = e;
    while (behind && parts(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const a = light(getComputedStyle(e).color), b = light(getComputedStyle(behind ?? document.body).backgroundColor);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst) [worst, where] = [ratio, e.tagName + " " + e.textContent.slice(0, 40)];
  }
  return [worst, where];
})()`

// The documentation's site fits a phone, can be read by people who see little, and is searched in
// the reader's browser.
func TestTheDocumentationCanBeReadOnAPhone(t *testing.T) {
	t.Parallel()
	program := chromium(t)
	url, paths := serveSite(t)
	p := openPhone(t, program, 360, 740)
	for _, path := range paths {
		p.visit(url + path)
		if wide := p.evaluate("document.documentElement.scrollWidth"); wide != 360.0 {
			t.Errorf("%s is %v pixels wide on a phone of 360", path, wide)
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		p.call("Emulation.setEmulatedMedia", map[string]any{
			"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}},
		}, nil)
		for _, path := range []string{"index.html", "configuration.html", "performance.html"} {
			p.visit(url + path)
			p.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
			got, _ := p.evaluate(faint).([]any)
			if ratio, _ := got[0].(float64); ratio < 4.5 || ratio > 20.9 {
				t.Errorf("%s, %s: the least contrast is %v, of %v", path, scheme, got[0], got[1])
			}
		}
	}

	p.visit(url + "tasks/two-apps.html")
	p.evaluate("(() => { const q = document.getElementById('query'); q.value = 'drain.timeo'; " +
		"q.dispatchEvent(new Event('input')); })()")
	testkit.Eventually(t, "the search finds a key", func() bool {
		n, _ := p.evaluate("document.querySelectorAll('#results a').length").(float64)
		return n > 0
	})
	p.evaluate("document.querySelector('#results a').click()")
	testkit.Eventually(t, "what was found opens", func() bool {
		text, _ := p.evaluate("document.body.innerText").(string)
		here, _ := p.evaluate("location.pathname").(string)
		return strings.Contains(text, "drain.timeout") && !strings.HasSuffix(here, "two-apps.html")
	})
}
