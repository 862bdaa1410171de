// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// session is a grant of the authentication server: who may do what through which application, and
// its tokens. Times that are zero never come.
type session struct {
	identity     string
	application  string
	scope        string
	granted      scope
	issued       time.Time
	expires      time.Time
	access       string
	accessIssued time.Time
	accessEnds   time.Time
	accessLife   int64
	refresh      string
	// grantedTo is the trustee whose rule gave the right, such as a group; "" is none.
	grantedTo string
	seq       int
}

func (s *session) accessAlive(now time.Time) bool {
	return s.accessEnds.IsZero() || now.Before(s.accessEnds)
}

// tokenAnswer is what logins answer. See the vendor page "POST Authorize/OAuth".
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	Expires      int64  `json:"expires,omitempty"`
	ExpiresIn    int64  `json:"expires_in,omitempty"`
	Identity     string `json:"identity,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	RefreshUntil int64  `json:"refresh_until,omitempty"`
	Scope        string `json:"scope"`
	State        string `json:"state,omitempty"`
	TokenType    string `json:"token_type,omitempty"`
}

func randomToken() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	return base64.StdEncoding.EncodeToString(random)
}

// seconds returns the first validity that is given, else the default.
func seconds(otherwise int64, given ...*int64) int64 {
	for _, validity := range given {
		if validity != nil {
			return *validity
		}
	}
	return otherwise
}

func after(start time.Time, seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return start.Add(time.Duration(seconds) * time.Second)
}

// open makes a session.
func (b *Backend) open(application *Application, identity, text string, granted scope) *session {
	now := b.service.Time()
	s := &session{identity: identity, application: application.ID, scope: text, granted: granted, issued: now}
	rule := b.ruleFor(application.ID, identity)
	if rule == nil {
		rule = &Rule{}
	}
	b.opened++
	s.grantedTo, s.seq = rule.Trustee, b.opened
	s.expires = after(now, seconds(defaultGrantValidity, rule.GrantValiditySeconds, application.GrantValiditySeconds, b.configuration.GrantValiditySeconds))
	b.sessions[s] = true
	b.issue(s, application)
	return s
}

// issue gives a session new tokens; the old ones die.
func (b *Backend) issue(s *session, application *Application) {
	delete(b.access, s.access)
	delete(b.refresh, s.refresh)
	s.access, s.accessIssued, s.refresh = randomToken(), b.service.Time(), ""
	rule := b.ruleFor(application.ID, s.identity)
	if rule == nil {
		rule = &Rule{}
	}
	s.accessLife = seconds(defaultAccessValidity, rule.AccessValiditySeconds, application.AccessValiditySeconds, b.configuration.AccessTokenValiditySeconds)
	s.accessEnds = after(s.accessIssued, s.accessLife)
	b.access[s.access] = s
	renewable := true
	if b.switches.RefreshToken != Absent && *cmp.Or(rule.Renewable, application.Renewable, &renewable) {
		s.refresh = randomToken()
		b.refresh[s.refresh] = s
	}
}

// close ends a session with all its tokens.
func (b *Backend) close(s *session) {
	delete(b.sessions, s)
	delete(b.access, s.access)
	delete(b.refresh, s.refresh)
}

func (b *Backend) tokenAnswer(s *session) tokenAnswer {
	answer := tokenAnswer{AccessToken: s.access, RefreshToken: s.refresh, Scope: s.scope, TokenType: "Bearer"}
	if !s.accessEnds.IsZero() {
		if b.switches.Expires != Absent {
			answer.Expires = s.accessEnds.Unix()
		}
		if b.switches.ExpiresIn != Absent {
			answer.ExpiresIn = s.accessLife
		}
	}
	if s.refresh != "" && !s.expires.IsZero() {
		answer.RefreshUntil = s.expires.Unix()
	}
	return answer
}

const refreshRefused = "Grant has been revoked, has expired, or the refresh token is invalid"

// refreshToken answers "POST Authorize/Token": both tokens of the session are new, and the old ones
// die at once.
func (b *Backend) refreshToken(c *call) reply {
	c.known("client_id", "refresh_token")
	values, complete := c.required("client_id", "refresh_token")
	if !complete {
		return invalidRequest()
	}
	clientID, refresh := values[0], values[1]
	wire.Note(c.r, "client_id", clientID)
	s := b.refresh[refresh]
	if s == nil {
		return refuse(http.StatusBadRequest, "invalid_grant", refreshRefused)
	}
	if s.application != clientID {
		return refuse(http.StatusBadRequest, "invalid_client",
			"The client_id value being requested with the refresh token does not match the client_id of the access token making the call")
	}
	application := b.byID[s.application]
	if application == nil || application.Restricted && b.ruleFor(application.ID, s.identity) == nil || !s.expires.IsZero() && !b.service.Time().Before(s.expires) {
		b.close(s)
		return refuse(http.StatusBadRequest, "invalid_grant", refreshRefused)
	}
	b.issue(s, application)
	return ok(b.tokenAnswer(s))
}

// verify answers "GET Authorize/Verify": what the token's grant is.
func (b *Backend) verify(c *call) reply {
	s := c.session
	answer := map[string]any{
		"application": s.application, "identity": s.identity, "scope": s.scope, "valid_for": s.accessLife,
		"expires": nil, "expires_ISO8601": nil, "expires_unix_time": nil,
	}
	for name, moment := range map[string]time.Time{"access_issued_on": s.accessIssued, "grant_issued_on": s.issued, "expires": s.expires} {
		if !moment.IsZero() {
			answer[name] = fmt.Sprintf("/Date(%d)/", moment.UnixMilli())
			answer[name+"_ISO8601"] = moment.UTC().Format(time.RFC3339)
			answer[name+"_unix_time"] = moment.Unix()
		}
	}
	return ok(answer)
}

// revokeToken answers "GET Revoke/Token": 200 when the token and its grant are dead, 202 when
// nothing was done.
func (b *Backend) revokeToken(c *call) reply {
	token := bearer(c.r)
	if token == "" {
		wire.Violate(c.r, "no bearer token")
	}
	s := b.access[token]
	if s == nil || !s.accessAlive(b.service.Time()) || b.switches.RevokeScope == ScopeConfigurationManage && !s.granted.has("configuration", "manage") {
		return reply{status: http.StatusAccepted}
	}
	b.close(s)
	return reply{status: http.StatusOK}
}

// isAuthServer answers "GET Authorize/IsAuthServer", by which a client tells an authentication
// server from anything else.
func (b *Backend) isAuthServer(*call) reply {
	return reply{status: http.StatusAccepted, reason: "Venafi Authentication Server"}
}
