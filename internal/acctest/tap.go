// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Tapped is a mock service whose secrets [Watch] searches for: those that requests prove who they
// are with, and those that logins and lists of Venafi's grants are answered with. It also records
// requests when [RecordTo] says so.
func Tapped(t testing.TB, handler http.Handler) http.Handler {
	secrets, record := SecretsOf(t), recordOf(t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		defer record.observe(r, body)()
		for _, name := range []string{"Authorization", "Apim-Accesstoken", "X-Security-Token", "X-Auth-Token", "X-Subject-Token", "X-Metadata-Token"} {
			if token := r.Header.Get(name); !strings.Contains(token, "Signature=") {
				secrets.learnToken("the header "+name, strings.TrimPrefix(token, "Bearer "))
			}
		}
		answered := "a login"
		switch {
		case listsGrants(r.URL.Path):
			answered = "a list of grants"
		case !isLogin(r.URL.Path):
			handler.ServeHTTP(w, r)
			return
		}
		secrets.learnFrom(answered, body)
		copied := &copying{ResponseWriter: w}
		handler.ServeHTTP(copied, r)
		secrets.learnFrom("the answer to "+answered, copied.body.Bytes())
		secrets.learnToken("the header X-Subject-Token", w.Header().Get("X-Subject-Token"))
	})
}

func isLogin(path string) bool {
	path = strings.ToLower(path)
	return slices.ContainsFunc([]string{"/vedauth/", "/apim-token-service/", "/v3/auth/", "/v3.0/os-credential/", "/v3.0/os-auth/", "/openstack/"}, func(prefix string) bool {
		return strings.HasPrefix(path, prefix)
	})
}

// listsGrants tells a request of Venafi that is answered with the tokens of others.
func listsGrants(path string) bool {
	return slices.Contains([]string{"/vedsdk/oauth/enumerategrants", "/vedsdk/oauth/getgrants"}, strings.ToLower(path))
}

// copying keeps what is answered.
type copying struct {
	http.ResponseWriter

	body bytes.Buffer
}

func (c *copying) Write(p []byte) (int, error) {
	c.body.Write(p)
	return c.ResponseWriter.Write(p)
}

// Hijack takes the connection over, for an answer that breaks a rule.
func (c *copying) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(c.ResponseWriter).Hijack()
}

// Unwrap lets an http.ResponseController reset the connection.
func (c *copying) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// secretFields are the fields of logins and their answers that hold a secret, in lower case.
var secretFields = []string{
	"access_token", "refresh_token", "accesstoken", "refreshtoken", "password", "jwt", "secret", "securitytoken", "client_secret", "id_token",
}

// learnFrom learns the secrets in a document.
func (s *Secrets) learnFrom(name string, text []byte) {
	var document any
	if json.Unmarshal(text, &document) == nil {
		s.learnIn(name, document)
	}
}

func (s *Secrets) learnIn(name string, document any) {
	switch value := document.(type) {
	case map[string]any:
		for field, inner := range value {
			if object, ok := inner.(map[string]any); ok && (field == "id_token" || field == "token") {
				if id, ok := object["id"].(string); ok { // as IAM of Huawei Cloud has them
					inner = id
				}
			}
			if text, ok := inner.(string); ok && (field == "token" || slices.Contains(secretFields, strings.ToLower(field))) {
				s.learnToken(field+" of "+name, text)
				continue
			}
			s.learnIn(name, inner)
		}
	case []any:
		for _, inner := range value {
			s.learnIn(name, inner)
		}
	}
}

// learnToken learns what is long enough to be told from other texts.
func (s *Secrets) learnToken(name, token string) {
	if len(token) >= window+3 {
		s.Learn(name, token)
	}
}
