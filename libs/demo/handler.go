package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// user is an entry of the fixed list of users.
type user struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

// problem is the body of an answer that is no success.
type problem struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

type index struct {
	Service string   `json:"service"`
	Message string   `json:"message"`
	Paths   []string `json:"paths"`
	Request seen     `json:"request"`
}

// seen is what reached the upstream.
type seen struct {
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Host     string            `json:"host"`
	Protocol string            `json:"protocol"`
	Headers  map[string]string `json:"headers"`
}

// operation is one of the API.
type operation struct {
	pattern string // of http.ServeMux
	serve   http.HandlerFunc
}

func operations() []operation {
	return []operation{
		{"GET /{$}", serveIndex},
		{"GET /hello", serveHello},
		{"GET /users", func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, users())
		}},
		{"GET /users/{id}", serveUser},
		{"POST /echo", serveEcho},
		{"GET /status/{code}", serveStatus},
	}
}

// Operations returns what the API has, as openspec/demo.yaml writes it: "GET /users/{id}".
func Operations() []string {
	var all []string
	for _, o := range operations() {
		all = append(all, strings.TrimSuffix(o.pattern, "{$}"))
	}
	return all
}

// Handler returns the demo API. It keeps no state and may serve any number of requests at a time.
func Handler() http.Handler {
	mux := http.NewServeMux()
	for _, o := range operations() {
		mux.HandleFunc(o.pattern, o.serve)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusNotFound, problem{
			http.StatusNotFound,
			fmt.Sprintf("the demo upstream has no %s %s; GET / lists what it has", r.Method,
				r.URL.Path),
		})
	})
	return mux
}

// Server returns a server for the demo API with bounded timeouts; the caller serves and closes it.
func Server() *http.Server {
	return &http.Server{
		Handler:           Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		// longer than the gateway keeps idle connections, so that the gateway closes first
		IdleTimeout:    5 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
}

func users() []user {
	return []user{
		{1, "Ada Lovelace", "ada@example.com"},
		{2, "Alan Turing", "alan@example.com"},
		{3, "Grace Hopper", "grace@example.com"},
	}
}

func serveIndex(w http.ResponseWriter, r *http.Request) {
	headers := make(map[string]string)
	for _, name := range []string{
		"X-Request-Id", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded",
		"Via",
	} {
		if v := r.Header.Get(name); v != "" {
			headers[name] = v
		}
	}
	message := "You reached the built-in demo upstream directly."
	if headers["Via"] != "" {
		message = "You reached the built-in demo upstream through the gateway."
	}
	answer(w, http.StatusOK, index{
		Service: "gateway demo upstream",
		Message: message + " Write a gateway.yaml to route to your own services.",
		Paths:   Operations(),
		Request: seen{r.Method, r.URL.Path, r.Host, r.Proto, headers},
	})
}

func serveHello(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if len(name) > 100 {
		answer(w, http.StatusBadRequest, problem{
			http.StatusBadRequest, "the name has more than 100 bytes",
		})
		return
	}
	if name == "" {
		name = "world"
	}
	answer(w, http.StatusOK, struct {
		Message string `json:"message"`
	}{"Hello, " + name + "!"})
}

func serveUser(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	for _, u := range users() {
		if err == nil && u.ID == id {
			answer(w, http.StatusOK, u)
			return
		}
	}
	answer(w, http.StatusNotFound, problem{http.StatusNotFound, "there is no such user"})
}

// serveEcho streams: what has arrived is sent back before the rest has.
func serveEcho(w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	// Without it net/http reads the whole body before the first byte of the answer. Where there is
	// no such thing, the echo is complete all the same.
	_ = rc.EnableFullDuplex()
	contentType := r.Header.Get("Content-Type")
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff") // the body is the caller's
	if r.ContentLength >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	buf := make([]byte, 16<<10)
	for {
		n, err := r.Body.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return
			}
			if rc.Flush() != nil {
				return
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler) // the echo is incomplete, and the reader has to notice
		}
	}
}

func serveStatus(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil || code < 200 || code > 599 {
		answer(w, http.StatusNotFound, problem{
			http.StatusNotFound, "a status is a number from 200 to 599",
		})
		return
	}
	if code == http.StatusNoContent || code == http.StatusNotModified {
		w.WriteHeader(code)
		return
	}
	message := http.StatusText(code)
	if message == "" {
		message = "a status without a name"
	}
	answer(w, code, problem{code, message})
}

func answer(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		panic("demo: an answer can't be JSON: " + err.Error()) // all are plain structs
	}
	b = append(b, '\n')
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // a client that went away needs nothing
}
