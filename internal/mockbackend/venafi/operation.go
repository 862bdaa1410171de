// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	scopeAdmin = "admin"
	selfScope  = "self" // what [Switches.SelfScope] says
)

// operation is one thing that the server can do.
type operation struct {
	name, method string
	// login marks what needs no bearer token; scope is the scope that the token needs otherwise.
	login bool
	scope string
	do    func(*call) reply
}

// call is one request under way.
type call struct {
	r       *http.Request
	params  map[string]json.RawMessage
	session *session
	caller  caller
	fault   wire.FaultKind
	// secret is what a login proves itself by.
	secret string
}

// reply is an answer that leaves after the lock is released.
type reply struct {
	status int
	// body is marshalled to JSON; nil is an empty body, page{} an HTML page of IIS.
	body any
	// failure is the OAuth error that is written instead of body.
	failure *oauthError
	// reason is a reason phrase of its own.
	reason string
}

// oauthError is the body of the errors 400, 401 and 403. See the vendor page "Authorize Error
// Codes".
type oauthError struct{ code, description string }

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

func refuse(status int, code, description string) reply {
	return reply{status: status, failure: &oauthError{code, description}}
}

func invalidRequest() reply {
	return refuse(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter or is otherwise malformed")
}

func invalidToken() reply {
	return refuse(http.StatusUnauthorized, "invalid_token", "The access token provided is expired, revoked, malformed, or invalid for other reasons")
}

func insufficientScope(scope string) reply {
	return refuse(http.StatusForbidden, "insufficient_scope", fmt.Sprintf(
		"Grant rejected scope '%s'. Call POST Authorize/OAuth with the correct scope and restriction. Update the header with the new token and retry.", scope))
}

// handler wraps an operation with what every request goes through: method, body, token, scope.
func (b *Backend) handler(o operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "Microsoft-IIS/10.0")
		fault, struck := wire.ServiceFault(r)
		if struck && (unknownFault(w, r, fault.Kind) || hostileBodies(o).Play(w, r, fault)) {
			return
		}
		if r.Method != o.method {
			wire.Violate(r, "%s of %s, which is %s only", r.Method, r.URL.Path, o.method)
			w.Header().Set("Allow", o.method)
			writeHTML(w, http.StatusMethodNotAllowed)
			return
		}
		b.mu.Lock()
		answer, switches := b.answer(o, r, fault), b.switches
		b.mu.Unlock()
		answer.write(w, switches)
	}
}

// answer runs an operation under the lock.
func (b *Backend) answer(o operation, r *http.Request, fault wire.Fault) reply {
	c := &call{r: r, fault: fault.Kind}
	if answer, played := b.playFault(c, fault); played {
		return answer
	}
	if !o.login {
		if refusal := b.authenticate(c, o); refusal.status != 0 {
			return refusal
		}
		c.caller = b.callerOf(c.session.identity)
	}
	if r.URL.RawQuery != "" {
		wire.Violate(r, "a query")
	}
	if o.method == http.MethodGet {
		if len(wire.Body(r)) > 0 {
			wire.Violate(r, "a GET with a body")
		}
		return o.do(c)
	}
	if !c.parse() {
		return invalidRequest()
	}
	answer := o.do(c)
	if o.login && answer.failure != nil {
		b.failedLogin(c, &answer)
	}
	return answer
}

// failedLogin answers a login that failed as the switches say.
func (b *Backend) failedLogin(c *call, answer *reply) {
	if b.switches.FailedLogin == LoginStatus200 {
		answer.status = http.StatusOK
	}
	if c.secret == "" {
		return
	}
	switch b.switches.LoginEcho {
	case EchoRaw:
		answer.failure.description += ": " + c.secret
	case EchoEscaped:
		answer.failure.description += ": " + lowerEscapes(url.QueryEscape(c.secret))
	case EchoEscapedAll:
		answer.failure.description += ": " + strings.ReplaceAll(fmt.Sprintf("% x", " "+c.secret)[2:], " ", "%")
	case EchoLong:
		answer.failure.description += ": " + strings.Repeat(c.secret+" ", 1+echoBytes/(len(c.secret)+1))
	}
}

// lowerEscapes writes the escapes of a query in lower case, those of blanks too.
func lowerEscapes(query string) string {
	return escapes.ReplaceAllStringFunc(strings.ReplaceAll(query, "+", "%20"), strings.ToLower)
}

var escapes = regexp.MustCompile("%[0-9A-F]{2}")

// echoBytes is more of an error than anybody shows.
const echoBytes = 16 << 10

// bearer returns the token of the Authorization header.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// authenticate finds the session of the bearer token and checks its scope; a refusal has a status.
func (b *Backend) authenticate(c *call, o operation) reply {
	token := bearer(c.r)
	if token == "" {
		wire.Violate(c.r, "no bearer token")
		return invalidToken()
	}
	s := b.access[token]
	if s == nil || !s.accessAlive(b.service.Time()) {
		if _, err := base64.StdEncoding.DecodeString(token); err != nil && b.switches.MalformedToken == MalformedSessionError {
			return refuse(http.StatusUnauthorized, "session_error", "Invalid token format")
		}
		return invalidToken()
	}
	c.session = s
	needed := o.scope
	if needed == selfScope {
		needed = ""
		if b.switches.SelfScope == ScopeConfiguration {
			needed = ScopeConfiguration
		}
	}
	if needed != "" && !s.granted.has(needed, "") {
		return insufficientScope(needed)
	}
	return reply{}
}

// parse takes the body apart by its exact keys; false when it is no JSON object.
func (c *call) parse() bool {
	mediaType, parameters, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if charset := parameters["charset"]; err != nil || mediaType != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		wire.Violate(c.r, "content type %q instead of application/json", c.r.Header.Get("Content-Type"))
		return false
	}
	if err := wire.DecodeStrict(wire.Body(c.r), &c.params); err != nil {
		wire.Violate(c.r, "malformed body: %v", err)
		return false
	}
	return true
}

// known reports parameters that the operation doesn't have. It ignores them, as the server does.
func (c *call) known(names ...string) {
	for _, name := range slices.Sorted(maps.Keys(c.params)) {
		if !slices.Contains(names, name) {
			wire.Violate(c.r, "unknown parameter %q", name)
		}
	}
}

// text returns a parameter that is a string, "" when it is absent or null; false when it is of
// another type.
func (c *call) text(name string) (string, bool) {
	value, ok := text(c.params[name])
	if !ok {
		wire.Violate(c.r, "%s is no string", name)
	}
	return value, ok
}

// required returns parameters that are strings and not empty; false when one isn't.
func (c *call) required(names ...string) ([]string, bool) {
	values := make([]string, len(names))
	for i, name := range names {
		value, ok := c.text(name)
		if ok && value == "" {
			wire.Violate(c.r, "no %s", name)
		}
		if !ok || value == "" {
			return nil, false
		}
		values[i] = value
	}
	return values, true
}

// number returns a parameter that is an integer, or what stands for an absent one; false when it is
// of another type.
func (c *call) number(name string, absent int) (int, bool) {
	raw := c.params[name]
	if len(raw) == 0 || string(raw) == "null" {
		return absent, true
	}
	var n int
	if json.Unmarshal(raw, &n) != nil {
		wire.Violate(c.r, "%s is no integer", name)
		return 0, false
	}
	return n, true
}

func (answer reply) write(w http.ResponseWriter, switches Switches) {
	if answer.reason != "" {
		wire.SetReason(w, answer.reason)
	}
	if answer.status == http.StatusUnauthorized && switches.Challenge == Sent {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	switch {
	case answer.failure != nil && switches.ErrorForm == ErrorReason:
		wire.SetReason(w, answer.failure.description)
		w.WriteHeader(answer.status)
	case answer.failure != nil:
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
		}
		w.WriteHeader(answer.status)
		_, _ = w.Write(answer.failure.text(answer.status, switches.ErrorKeys == KeysCapitalised))
	case answer.body == nil:
		w.WriteHeader(answer.status)
	case answer.body == page{}:
		writeHTML(w, answer.status)
	default:
		wire.WriteJSON(w, answer.status, answer.body)
	}
}

// text writes the error as .NET does, which escapes slashes.
func (e oauthError) text(status int, capitalised bool) []byte {
	code, description := "error", "error_description"
	if capitalised {
		code = "Error"
		if status == http.StatusBadRequest {
			description = "Error_description"
		}
	}
	var text bytes.Buffer
	text.WriteByte('{')
	for i, pair := range [][2]string{{code, e.code}, {description, e.description}} {
		if i > 0 {
			text.WriteByte(',')
		}
		value, err := json.Marshal(pair[1])
		if err != nil {
			panic(err) // a string always marshals
		}
		fmt.Fprintf(&text, `"%s":%s`, pair[0], bytes.ReplaceAll(value, []byte("/"), []byte(`\/`)))
	}
	text.WriteByte('}')
	return text.Bytes()
}

var statusPages = map[int]string{
	http.StatusUnauthorized:        "401 - Unauthorized: Access is denied due to invalid credentials.",
	http.StatusForbidden:           "403 - Forbidden: Access is denied.",
	http.StatusNotFound:            "404 - File or directory not found.",
	http.StatusMethodNotAllowed:    "405 - HTTP verb used to access this page is not allowed.",
	http.StatusTooManyRequests:     "429 - Too many requests.",
	http.StatusInternalServerError: "500 - Internal server error.",
	http.StatusServiceUnavailable:  "Service Unavailable",
}

// htmlPage is what IIS answers by itself.
func htmlPage(status int) (int, http.Header, []byte) {
	return status, http.Header{"Content-Type": {"text/html"}}, fmt.Appendf(nil,
		"<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\">\r\n<html>\r\n<head><title>%[1]s</title></head>\r\n<body>\r\n<h2>%[1]s</h2>\r\n</body>\r\n</html>\r\n",
		statusPages[status])
}

func writeHTML(w http.ResponseWriter, status int) {
	_, header, body := htmlPage(status)
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
