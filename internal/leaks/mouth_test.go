// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package leaks

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
)

// phase is what a request is for.
type phase string

const (
	login phase = "login"
	read  phase = "read"
	write phase = "write"
)

func phaseOf(r *http.Request) phase {
	path := strings.ToLower(r.URL.Path)
	switch {
	case strings.HasPrefix(path, "/vedauth/"), strings.HasPrefix(path, "/apim-token-service/"), path == "/v3/projects",
		strings.HasPrefix(path, "/v3.0/"), strings.HasPrefix(path, "/openstack/"), strings.HasPrefix(path, "/meta-data/"):
		return login
	case strings.HasSuffix(path, "/grantrole"), strings.HasSuffix(path, "/revokerole"), strings.HasSuffix(path, "/batch-assign-authorization"),
		strings.HasSuffix(path, "/app/authorization/set"):
		return write
	}
	return read
}

// mouth answers the requests of one phase with everything that the service knows of the caller.
type mouth struct {
	phase phase
	form  string // of answers
	way   string // of acctest.Spellings
}

// answers are forms of an answer. say is what it says.
var answers = map[string]func(w http.ResponseWriter, say string){
	"403 JSON":    func(w http.ResponseWriter, say string) { talk(w, 403, errorJSON(say)) },
	"429 JSON":    func(w http.ResponseWriter, say string) { talk(w, 429, errorJSON(say)) },
	"500 JSON":    func(w http.ResponseWriter, say string) { talk(w, 500, errorJSON(say)) },
	"400 text":    func(w http.ResponseWriter, say string) { talk(w, 400, "I do not know "+say) },
	"502 page":    func(w http.ResponseWriter, say string) { talk(w, 502, "<html><title>"+say+"</title></html>") },
	"503 heading": func(w http.ResponseWriter, say string) { talk(w, 503, "<html><h1>"+say+"</h1></html>") },
	"200 page":    func(w http.ResponseWriter, say string) { talk(w, 200, "<html><title>"+say+"</title></html>") },
	"200 text":    func(w http.ResponseWriter, say string) { talk(w, 200, say) },
	"200 failure": func(w http.ResponseWriter, say string) { talk(w, 200, errorJSON(say)) },
	"200 damaged": func(w http.ResponseWriter, say string) {
		talk(w, 200, `{"code":0,"data":{"`+acctest.InJSON(say, false)+`":`)
	},
	"200 odd shape": func(w http.ResponseWriter, say string) { talk(w, 200, `["`+acctest.InJSON(say, false)+`"]`) },
	"302": func(w http.ResponseWriter, say string) {
		w.Header().Set("Location", "https://"+url.PathEscape(say)+"/?"+url.QueryEscape(say))
		w.WriteHeader(302)
	},
	"request id": func(w http.ResponseWriter, say string) {
		w.Header().Set("X-Request-Id", oneLine(say))
		talk(w, 403, "{}")
	},
	"reason phrase": func(w http.ResponseWriter, say string) {
		raw(w, "HTTP/1.1 403 "+oneLine(say)+"\r\nContent-Length: 0\r\n\r\n")
	},
	"bad header":  func(w http.ResponseWriter, say string) { raw(w, "HTTP/1.1 403 Forbidden\r\n"+oneLine(say)+"\r\n\r\n") },
	"bad version": func(w http.ResponseWriter, say string) { raw(w, oneLine(say)+"\r\n\r\n") },
}

// errorJSON is a failure in the words of all services.
func errorJSON(say string) string {
	text := acctest.InJSON(say, false)
	return fmt.Sprintf(`{"error_code":"APIGW.0301","code":31403,"error_msg":"%[1]s","message":"%[1]s","msg":"%[1]s","requestId":"%[1]s",`+
		`"error":"%[1]s","error_description":"%[1]s","Success":false,"Result":9,"Error":"%[1]s"}`, text)
}

func talk(w http.ResponseWriter, status int, text string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// oneLine keeps a header in one line.
func oneLine(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }

func raw(w http.ResponseWriter, text string) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(connection, text)
	_ = connection.Close()
}

// speak says what the request held and what the service knows of the caller, beginning with another
// part each time, since errors cut texts off.
func (s *services) speak(m *mouth, w http.ResponseWriter, r *http.Request, body []byte) {
	var parts []string
	for name, values := range r.Header {
		for _, word := range []string{"auth", "token", "sign"} {
			if strings.Contains(strings.ToLower(name), word) {
				parts = append(parts, values...)
			}
		}
	}
	slices.Sort(parts)
	if len(body) > 0 {
		parts = append(parts, string(body))
	}
	switch path := strings.ToLower(r.URL.Path); {
	case strings.HasPrefix(path, "/v1/"), strings.HasPrefix(path, "/v3/"), strings.HasPrefix(path, "/v3.0/"), strings.HasPrefix(path, "/openstack/"),
		strings.HasPrefix(path, "/meta-data/"):
		access, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "SDK-HMAC-SHA256 Access="), ",")
		s.mu.Lock()
		secret := map[string]string{s.given.accessKey: s.given.secretKey, s.given.temporaryKey: s.given.temporarySecret}[access] + s.secretOf[access]
		s.mu.Unlock()
		if secret != "" {
			parts = append(parts, secret)
		}
	case strings.HasPrefix(path, "/ved"):
		if s.knows() != "" {
			parts = append(parts, s.knows())
		}
	default:
		parts = append(parts, s.given.enosSecret)
	}
	if len(parts) == 0 {
		parts = []string{"nothing"} // the metadata service is asked without any proof
	}
	s.mu.Lock()
	s.said++
	turn := s.said % len(parts)
	s.mu.Unlock()
	say := ""
	for _, part := range slices.Concat(parts[turn:], parts[:turn]) {
		say += acctest.Spellings[m.way](part) + " "
	}
	answers[m.form](w, say)
}

// knows is what Venafi has been given by the login in use, besides what a request holds.
func (s *services) knows() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.venafiKnows
}

// open has the mouth speak for a phase.
func (s *services) open(m *mouth) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mouth, s.said = m, 0
}

// shut ends that, and gives how often the mouth spoke.
func (s *services) shut() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mouth = nil
	return s.said
}

// forms are the names of answers, in order.
func forms() []string { return slices.Sorted(maps.Keys(answers)) }

func waysInOrder() []string { return slices.Sorted(maps.Keys(acctest.Spellings)) }
