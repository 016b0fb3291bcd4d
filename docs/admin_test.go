package docs_test

import (
	"bufio"
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

// adminExample is a curl command on the page and what it printed.
var adminExample = regexp.MustCompile(
	"(?s)```\n\\$ curl ((?:-\\S+ |POST )*)\\$A(/\\S*)([^\n]*)\n(.*?)```")

// TestAdminPageShowsAnswersAsTheyAre holds every example of the page against the API's document.
func TestAdminPageShowsAnswersAsTheyAre(t *testing.T) {
	d, err := openspectest.Parse(openspec.Admin)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, e := range adminExample.FindAllStringSubmatch(docs.Admin, -1) {
		flags, path, pipe, output := e[1], e[2], e[3], e[4]
		operation := "GET " + path
		if strings.Contains(flags, "POST") {
			operation = "POST " + path
		}
		if strings.HasPrefix(path, "/why/") {
			operation = "GET /why/{id}"
		}
		shown[operation] = true
		switch {
		case pipe != "": // what is shown is not the answer
		case strings.Contains(flags, "-i"):
			status, header, body := readAnswer(t, output)
			err := d.CheckAnswer(operation, status, header, body)
			if operation == "GET /nothing" {
				err = d.CheckResponse("NotFound", header, body)
			}
			if err != nil {
				t.Errorf("%v in\n%s", err, output)
			}
		default:
			if err := d.Check(operation, 200, "application/json", []byte(output)); err != nil {
				t.Errorf("%v in\n%s", err, output)
			}
		}
	}
	for _, operation := range d.Operations() {
		if !shown[operation] {
			t.Errorf("no example of %s", operation)
		}
		if !strings.Contains(docs.Admin, "\n## `"+operation+"`\n") {
			t.Errorf("no section on %s", operation)
		}
	}
}

func TestAdminPageListsEveryCode(t *testing.T) {
	page := regexp.MustCompile(`GW_\w+`).FindAllString(docs.Admin, -1)
	for _, code := range regexp.MustCompile(`- (GW_\w+)`).FindAllStringSubmatch(openspec.Admin,
		-1) {
		if !slices.Contains(page, code[1]) {
			t.Errorf("%s is not on the page", code[1])
		}
	}
}

func readAnswer(t *testing.T, output string) (status int, header http.Header, body []byte) {
	t.Helper()
	head, rest, _ := strings.Cut(output, "\n\n")
	// The length on the page would be that of the text with its line breaks.
	head += "\nContent-Length: " + strconv.Itoa(len(rest)) + "\n\n"
	text := strings.ReplaceAll(head, "\n", "\r\n") + rest
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, output)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, b.Bytes()
}
