package editor_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/openspec"
)

// The program, which package.json beside this file names with its version.
const program = "yaml-language-server"

// patience is how long one test waits for the server, at most. It is node, on a busy machine.
const patience = 2 * time.Minute

// server is a running yaml-language-server with one schema for every file, and speaks the Language
// Server Protocol with it: JSON behind a head with its length.
type server struct {
	t       *testing.T
	ctx     context.Context
	in      io.WriteCloser
	arrived chan message
	id      int // of the last request
	file    int // of the last document
	// settings are those of a person's editor, in the sections that the server asks for.
	settings []any
}

type message struct {
	ID     *json.RawMessage `json:"id,omitempty"`
	Method string           `json:"method,omitempty"`
	Params json.RawMessage  `json:"params,omitempty"`
	Result json.RawMessage  `json:"result,omitempty"`
	Error  json.RawMessage  `json:"error,omitempty"`
}

// position is a line and a character, counted from 0.
type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// diagnostic is one message of the editor, with the place that it underlines.
type diagnostic struct {
	Message string `json:"message"`
	Range   struct {
		Start position `json:"start"`
		End   position `json:"end"`
	} `json:"range"`
}

func (d diagnostic) String() string {
	return fmt.Sprintf("line %d: %s", d.Range.Start.Line+1, d.Message)
}

// start runs the server. Where it is not installed the test is skipped, and fails in CI.
func start(t *testing.T) *server {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		words := program + " is not on PATH; install it: tools/conformance/editor/install.sh"
		if os.Getenv("CI") != "" {
			t.Fatal(words)
		}
		t.Skip(words)
	}
	schema := filepath.Join(t.TempDir(), "gateway.schema.json")
	if err := os.WriteFile(schema, []byte(openspec.Schema), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	s := &server{t: t, ctx: ctx, arrived: make(chan message, 100)}
	cmd := exec.CommandContext(ctx, path, "--stdio")
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	s.in, err = cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.read(bufio.NewReader(out))
	}()
	t.Cleanup(func() {
		cancel() // ends the process, which keeps nothing
		<-read
		_ = cmd.Wait()
		if t.Failed() && trouble.Len() > 0 {
			t.Logf("%s said:\n%s", program, &trouble)
		}
	})
	s.request("initialize", map[string]any{
		"processId": os.Getpid(), "rootUri": nil,
		"capabilities": map[string]any{"textDocument": map[string]any{
			"completion": map[string]any{"completionItem": map[string]any{
				"snippetSupport": true, "documentationFormat": []string{"markdown"}}},
			"hover": map[string]any{"contentFormat": []string{"markdown"}},
		}},
	})
	s.notify("initialized", map[string]any{})
	s.settings = settings("file://" + schema)
	s.notify("workspace/didChangeConfiguration", map[string]any{"settings": nil})
	// It asks for the settings when it likes, and knows no schema until then.
	for len(s.messages("version: 2")[0]) == 0 {
	}
	return s
}

// settings give the schema to every file.
func settings(schema string) []any {
	return []any{
		map[string]any{ // yaml
			"schemas":     map[string]any{schema: "*.yaml"},
			"schemaStore": map[string]any{"enable": false},
			"validate":    true, "hover": true, "completion": true,
		},
		map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{},
	}
}

// read passes messages on until the output ends.
func (s *server) read(r *bufio.Reader) {
	defer close(s.arrived)
	for {
		head, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return
		}
		n, err := strconv.Atoi(head.Get("Content-Length"))
		if err != nil {
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		var m message
		if json.Unmarshal(body, &m) != nil {
			return
		}
		select {
		case s.arrived <- m:
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *server) send(m map[string]any) {
	s.t.Helper()
	m["jsonrpc"] = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(s.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) notify(method string, params any) {
	s.t.Helper()
	s.send(map[string]any{"method": method, "params": params})
}

func (s *server) request(method string, params any) json.RawMessage {
	s.t.Helper()
	s.id++
	s.send(map[string]any{"id": s.id, "method": method, "params": params})
	want := strconv.Itoa(s.id)
	m := s.until(func(m message) bool {
		return m.Method == "" && m.ID != nil && string(*m.ID) == want
	})
	if m.Error != nil {
		s.t.Fatalf("%s: %s", method, m.Error)
	}
	return m.Result
}

// until returns the next message that is wanted. What the server asks is answered with null.
func (s *server) until(wanted func(message) bool) message {
	s.t.Helper()
	for {
		select {
		case m, ok := <-s.arrived:
			switch {
			case !ok:
				s.t.Fatal(program + " ended")
			case wanted(m):
				return m
			case m.Method == "workspace/configuration":
				s.send(map[string]any{"id": m.ID, "result": s.settings})
			case m.ID != nil && m.Method != "":
				s.send(map[string]any{"id": m.ID, "result": nil})
			}
		case <-s.ctx.Done():
			s.t.Fatal(program + " did not answer")
		}
	}
}

// open shows the server a document of its own, and returns its URI.
func (s *server) open(text string) string {
	s.t.Helper()
	s.file++
	uri := fmt.Sprintf("file:///configuration/%d.yaml", s.file)
	s.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": uri, "languageId": "yaml", "version": 1, "text": text,
	}})
	return uri
}

// messages returns what an editor shows for each of these documents.
func (s *server) messages(texts ...string) [][]diagnostic {
	s.t.Helper()
	var all [][]diagnostic
	// The server waits a moment before it looks at a document, so many are opened at once; not so
	// many that it would stand with its answers in front of a full pipe.
	for some := range slices.Chunk(texts, 50) {
		all = append(all, s.chunk(some)...)
	}
	return all
}

func (s *server) chunk(texts []string) [][]diagnostic {
	s.t.Helper()
	index := make(map[string]int)
	for i, text := range texts {
		index[s.open(text)] = i
	}
	all := make([][]diagnostic, len(texts))
	for left := len(texts); left > 0; left-- {
		var found struct {
			URI         string       `json:"uri"`
			Diagnostics []diagnostic `json:"diagnostics"`
		}
		var i int
		s.until(func(m message) bool {
			if m.Method != "textDocument/publishDiagnostics" ||
				json.Unmarshal(m.Params, &found) != nil {
				return false
			}
			var ours bool
			i, ours = index[found.URI]
			return ours
		})
		delete(index, found.URI)
		all[i] = found.Diagnostics
		s.notify("textDocument/didClose",
			map[string]any{"textDocument": map[string]any{"uri": found.URI}})
	}
	return all
}

// hover returns what an editor shows about the word at a place.
func (s *server) hover(text string, at position) string {
	s.t.Helper()
	var answer struct {
		Contents struct {
			Value string `json:"value"`
		} `json:"contents"`
	}
	raw := s.request("textDocument/hover", map[string]any{
		"textDocument": map[string]any{"uri": s.open(text)}, "position": at,
	})
	if err := json.Unmarshal(raw, &answer); err != nil {
		s.t.Fatalf("%v in %s", err, raw)
	}
	return answer.Contents.Value
}

// item is one proposal of completion.
type item struct {
	Label         string          `json:"label"`
	InsertText    string          `json:"insertText"`
	Documentation json.RawMessage `json:"documentation"`
}

// complete returns what an editor proposes at a place.
func (s *server) complete(text string, at position) []item {
	s.t.Helper()
	var answer struct {
		Items []item `json:"items"`
	}
	raw := s.request("textDocument/completion", map[string]any{
		"textDocument": map[string]any{"uri": s.open(text)}, "position": at,
	})
	if err := json.Unmarshal(raw, &answer); err != nil {
		s.t.Fatalf("%v in %s", err, raw)
	}
	return answer.Items
}
