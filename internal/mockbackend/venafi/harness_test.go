// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	adminID      = "local:{11111111-1111-1111-1111-111111111111}"
	ownerID      = "local:{22222222-2222-2222-2222-222222222222}"
	maintainerID = "local:{33333333-3333-3333-3333-333333333333}"
	auditorID    = "local:{44444444-4444-4444-4444-444444444444}"
	nobodyID     = "local:{55555555-5555-5555-5555-555555555555}"
	groupID      = "local:{66666666-6666-6666-6666-666666666666}"
	tppID        = "local:{77777777-7777-7777-7777-777777777777}"
	aliceID      = "AD+corp:7f93d2908020204a959910ea5a5704ff"
	bobID        = "LDAP+x:6ef23fe2-0728-4930-87a8-e1513d7087e4"
	grantAdminID = "local:{88888888-8888-8888-8888-888888888888}"
	clientID     = "terraform"
	password     = "correct horse battery staple"
	jwtSecret    = "jwt-hmac-secret"
)

func testSeed() Seed {
	local := func(name, id string) Identity {
		return Identity{Prefix: "local", Universal: strings.TrimPrefix(id, "local:"), Name: name, FullName: "\\VED\\Identity\\" + name}
	}
	admin := local("admin", adminID)
	admin.Password, admin.Email, admin.UPN = password, "admin@example.com", "admin@corp.example.com"
	disabled := local("disabled", "local:{99999999-9999-9999-9999-999999999999}")
	disabled.Password, disabled.Disabled = password, true
	group := local("maintainers", groupID)
	group.IsGroup, group.Members = true, []string{bobID}
	tpp := local("tpp-auditor", tppID)
	tpp.TPPAuditor = true
	return Seed{
		Applications: []Application{
			{ID: clientID, Name: "Terraform", Scope: "admin;configuration", MaximumScope: "admin;configuration:manage;certificate:manage,revoke"},
			{ID: "AppA", Name: "B name", Vendor: "x", MaximumScope: "certificate"},
			{ID: "AppB", Name: "A name", Vendor: "y", MaximumScope: "certificate"},
		},
		Identities: []Identity{
			admin, local("owner", ownerID), local("maintainer", maintainerID), local("auditor", auditorID), local("nobody", nobodyID), group, tpp,
			{Prefix: "AD+corp", Universal: "7f93d2908020204a959910ea5a5704ff", Name: "alice", Password: password},
			{Prefix: "LDAP+x", Universal: "6ef23fe2-0728-4930-87a8-e1513d7087e4", Name: "bob"},
			local("grantadmin", grantAdminID), disabled,
		},
		JwtMappings: []JwtMapping{
			{Name: "pipelines", IssuerURI: "https://ci.example.com", Audience: "venafi", PurposeField: "job", PurposeMatch: "deploy-prod", IDField: "sub", IDMatch: "user:(.+)", HS256Secret: jwtSecret},
			{Name: "fixed", IssuerURI: "https://fixed.example.com", Grantee: adminID, HS256Secret: jwtSecret},
		},
		Roles: []Role{
			{Role: Admin, Grantee: adminID},
			{Role: Owner, Grantee: ownerID, ApplicationID: "AppA"},
			{Role: Maintainer, Grantee: maintainerID, ApplicationID: "AppA"},
			{Role: Auditor, Grantee: auditorID},
			{Role: GrantAdmin, Grantee: grantAdminID},
		},
	}
}

// harness is a running mock, a clock that stands still until it is moved, and a small caller.
type harness struct {
	*Backend
	t        *testing.T
	url      string
	recorder *wire.Recorder
	faults   *wire.Faults
	offset   atomic.Int64
	token    string
}

var start = time.Unix(1700000000, 0)

func newHarness(t *testing.T, switches Switches) *harness {
	t.Helper()
	h := &harness{t: t, recorder: &wire.Recorder{}, faults: &wire.Faults{}}
	h.Backend = New(wire.Service{Now: h.now, Recorder: h.recorder, Faults: h.faults}, testSeed(), switches)
	server := httptest.NewServer(h.Backend)
	t.Cleanup(server.Close)
	h.url = server.URL
	h.as(adminID)
	return h
}

func (h *harness) now() time.Time { return start.Add(time.Duration(h.offset.Load())) }

func (h *harness) advance(d time.Duration) { h.offset.Add(int64(d)) }

// as makes the calls that follow those of another identity.
func (h *harness) as(id string) *harness {
	h.t.Helper()
	return h.with(id, "admin;configuration")
}

func (h *harness) with(id, scope string) *harness {
	h.t.Helper()
	token, err := h.IssueToken(clientID, id, scope)
	if err != nil {
		h.t.Fatal(err)
	}
	h.token = token
	return h
}

// answer is what came back; Body is nil when it is no JSON object.
type answer struct {
	Status int
	Reason string
	Header http.Header
	Text   string
	Body   map[string]any
}

func (a answer) String() string { return fmt.Sprintf("%d %s: %s", a.Status, a.Reason, a.Text) }

func (a answer) text(key string) string {
	s, _ := a.Body[key].(string)
	return s
}

func (a answer) number(key string) int {
	n, ok := a.Body[key].(float64)
	if !ok {
		return -1
	}
	return int(n)
}

func (h *harness) request(method, path, body string) *http.Request {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if h.token != "" {
		r.Header.Set("Authorization", "Bearer "+h.token)
	}
	return r
}

func (h *harness) do(r *http.Request) answer {
	h.t.Helper()
	return exchange(h.t, http.DefaultClient, r)
}

func exchange(t *testing.T, client *http.Client, r *http.Request) answer {
	t.Helper()
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, reason, _ := strings.Cut(response.Status, " ")
	a := answer{Status: response.StatusCode, Reason: reason, Header: response.Header, Text: string(body)}
	_ = json.Unmarshal(body, &a.Body)
	return a
}

func (h *harness) post(path, body string) answer {
	h.t.Helper()
	return h.do(h.request(http.MethodPost, path, body))
}

func (h *harness) postJSON(path string, body any) answer {
	h.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.post(path, string(text))
}

func (h *harness) getPath(path string) answer {
	h.t.Helper()
	return h.do(h.request(http.MethodGet, path, ""))
}

func assignment(role RoleID, grantee, application string) map[string]any {
	body := map[string]any{"GranteePrefixedUniversal": grantee, "Role": int(role)}
	if application != "" {
		body["ApplicationId"] = application
	}
	return body
}

func (h *harness) grant(role RoleID, grantee, application string) answer {
	h.t.Helper()
	return h.postJSON("/vedsdk/oauth/grantrole", assignment(role, grantee, application))
}

func (h *harness) revoke(role RoleID, grantee, application string) answer {
	h.t.Helper()
	return h.postJSON("/vedsdk/oauth/revokerole", assignment(role, grantee, application))
}

// listed returns the roles of a list as "role grantee application", sorted; "-" is an application
// that is left out.
func (h *harness) listed() []string {
	h.t.Helper()
	a := h.post("/vedsdk/oauth/listroles", "{}")
	var list struct{ Roles []map[string]any }
	if err := json.Unmarshal([]byte(a.Text), &list); err != nil || a.Body["Success"] != true {
		h.t.Fatalf("list: %v: %s", err, a)
	}
	lines := []string{}
	for _, role := range list.Roles {
		application, ok := role["ApplicationId"]
		if !ok {
			application = "-"
		}
		lines = append(lines, fmt.Sprintf("%v %v %v", role["Role"], role["Grantee"], application))
	}
	slices.Sort(lines)
	return lines
}

func (h *harness) wantResult(a answer, result int) {
	h.t.Helper()
	_, hasError := a.Body["Error"]
	if a.Status != http.StatusOK || a.number("Result") != result || a.Body["Success"] != (result == 0) || hasError != (result != 0) {
		h.t.Errorf("got %s, want result %d", a, result)
	}
}

func (h *harness) wantError(a answer, status int, code string) {
	h.t.Helper()
	if a.Status != status || a.text("error") != code || a.text("error_description") == "" {
		h.t.Errorf("got %s, want %d %s", a, status, code)
	}
}

func (h *harness) wantViolation(text string) {
	h.t.Helper()
	if all := h.recorder.Violations(); !slices.ContainsFunc(all, func(v string) bool { return strings.Contains(v, text) }) {
		h.t.Errorf("no violation %q in %q", text, all)
	}
}

func (h *harness) wantNoViolation() {
	h.t.Helper()
	if all := h.recorder.Violations(); len(all) > 0 {
		h.t.Errorf("violations: %q", all)
	}
}
