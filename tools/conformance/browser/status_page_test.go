//go:build unix

package browser_test

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

var update = flag.Bool("update", false, "write docs/admin-page.png into the source tree")

// mostPicture is how large the picture in the documentation may be, in bytes.
const mostPicture = 150 << 10

// shop is a configuration that looks like somebody's, with one service that is away.
func shop(endpoint, away, name string) string {
	return fmt.Sprintf(`version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
clusters:
  - name: catalogue
    endpoints: [{address: %[1]q, weight: 3}, {address: %[2]q}]
  - {name: orders, endpoints: [{address: %[2]q}]}
routes:
  - {name: orders, hosts: [shop.example], path_prefix: /orders, cluster: orders}
  - {name: shop, hosts: [shop.example], path_prefix: /, cluster: catalogue}
  - {name: moved, hosts: [www.shop.example], redirect: {scheme: https, host: shop.example}}
  - name: %[3]s
    hosts: [%[3]s.example]
    path: /%[3]s
    cluster: catalogue
`, endpoint, away, name)
}

// The pages of the admin API fit a phone, need no script, and load nothing.
func TestThePagesOfTheAdminAPIFitAPhone(t *testing.T) {
	t.Parallel()
	program := chromium(t)
	a := serveAPI(t)
	away := "127.0.0.1:1" // nothing listens there
	name, order := strings.Repeat("long", 12), strings.Repeat("x", 300)
	if *update { // what has to fit is not what a picture is to show
		name, order = "help", "8"
	}
	edge := testkit.StartEdge(t, shop(a.Listener.Addr().String(), away, name))
	ask := func(url, host, path string, fields ...string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		for i := 0; i < len(fields); i += 2 {
			r.Header.Set(fields[i], fields[i+1])
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(body)
	}
	public, admin := "http://"+edge.Addr("public"), "http://"+edge.Addr("admin")
	const shopHost = "shop.example"
	for _, path := range []string{"/", "/shoes", "/orders/7", "/orders/" + order} {
		ask(public, shopHost, path)
	}
	ask(public, "nowhere.example", "/")
	_, home := ask(admin, "127.0.0.1", "/", "Accept", "text/html")
	link := regexp.MustCompile(`href="(/why/\w+)"`).FindStringSubmatch(home)
	if link == nil {
		t.Fatalf("no failure is on the page:\n%s", home)
	}

	p := openPhone(t, program, 360, 740)
	var picture []byte
	for _, path := range []string{"/", link[1]} {
		p.visit(admin + path)
		if wide := p.evaluate("document.documentElement.scrollWidth"); wide != 360.0 {
			t.Errorf("%s is %v pixels wide on a phone of 360", path, wide)
		}
		if n := p.evaluate("performance.getEntriesByType('resource').length"); n != 0.0 {
			t.Errorf("%s has loaded %v things", path, n)
		}
		if n := p.evaluate("document.scripts.length"); n != 0.0 {
			t.Errorf("%s has %v scripts", path, n)
		}
		// The style is the page's own, so the policy lets it.
		const padding = "getComputedStyle(document.querySelector('ul')).paddingLeft"
		if got := p.evaluate(padding); got != "0px" {
			t.Errorf("%s has no style: lists are indented by %v", path, got)
		}
		if path == "/" {
			p.evaluate(fmt.Sprintf("document.querySelector('p').textContent = "+
				"document.querySelector('p').textContent.replace(%q, '/etc/gateway/gateway.yaml')",
				edge.Config())) // a folder that means something to a reader
			p.resize(360, 1500)
			picture = p.picture()
			p.resize(360, 740)
		}
	}
	p.visit(admin + "/")
	p.evaluate("document.querySelector('a[href^=\"/why/\"]').click()")
	testkit.Eventually(t, "the link leads to why", func() bool {
		title, _ := p.evaluate("document.title").(string)
		return strings.HasPrefix(title, "why ")
	})
	if len(picture) > mostPicture {
		t.Errorf("the picture has %d bytes", len(picture))
	}
	if *update {
		if err := os.WriteFile("../../../docs/admin-page.png", picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
