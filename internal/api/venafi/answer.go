// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// Error names of faults (vendor pages "OAuth Roles", "Authorize Error Codes").
const (
	errorInvalidToken       = "invalid_token"
	errorInsufficientRights = "insufficient_rights"
	errorInsufficientScope  = "insufficient_scope"
	errorSession            = "session_error" // not documented: the token is malformed
)

// deadlock is what the server says when its database gave up a transaction in favour of another
// one: nothing was changed.
var deadlock = regexp.MustCompile(`(?i)rerun\s+the\s+transaction`)

// fault is the body of a failure. Keys are matched whatever their case, since pages and servers
// differ.
type fault struct {
	Error        rest.Text `json:"error"`
	Description  rest.Text `json:"error_description"`
	ErrorDetails rest.Text `json:"ErrorDetails"`
	Message      rest.Text `json:"Message"`
}

// classify reads a failure. Where the body says nothing the reason phrase may: older servers put
// their message there.
func classify(a rest.Answer) *rest.Error {
	e := &rest.Error{}
	var f fault
	if json.Unmarshal(a.Body, &f) == nil {
		e.Code = string(f.Error)
		for _, message := range []rest.Text{f.Description, f.ErrorDetails, f.Message} {
			if message != "" {
				e.Message = string(message)
				break
			}
		}
	}
	switch {
	case deadlock.Match(a.Body) || deadlock.MatchString(a.StatusText):
		e.Transient, e.Unsent = true, true
	case a.Status == http.StatusInternalServerError:
		// A read may be repeated. A write is not, since Unsent is not set: its caller looks first.
		e.Transient = true
	}
	return e
}

// envelope is part of every answer of /vedsdk/oauth.
type envelope struct {
	Success bool      `json:"Success"`
	Result  *int      `json:"Result"`
	Error   rest.Text `json:"Error"`
}

// failure returns the error that the envelope tells of, nil when it tells of success: HTTP 200 is
// none.
func (e *envelope) failure() error {
	switch {
	case e.Success && e.Result != nil && *e.Result == 0:
		return nil
	case e.Result == nil:
		return &rest.Error{Message: string(e.Error), Err: errors.New("the server answered without a result, or without success")}
	case *e.Result == 0:
		return &rest.Error{Message: string(e.Error), Err: errors.New("the server answered Result 0 (Success), but Success is not true")}
	}
	result := Result(*e.Result)
	return &rest.Error{
		Code:    fmt.Sprintf("Result %d (%s)", *e.Result, result),
		Message: string(e.Error),
		Hint:    resultHints[result],
		Err:     &ResultError{Result: result},
	}
}

// decodeEnvelope accepts an answer that is nothing but an envelope.
func decodeEnvelope(_ int, _ http.Header, body io.Reader) error {
	return rest.WithBody(body, func(b []byte) error {
		var e envelope
		if err := rest.UnmarshalJSON(b, &e); err != nil {
			return err
		}
		return e.failure()
	})
}

// revoked accepts a token's revocation. Its body says nothing.
func revoked(status int, _ http.Header, _ io.Reader) error {
	if status == http.StatusAccepted {
		return &rest.Error{Message: "the server did not revoke the token, or does not know it"}
	}
	return nil
}

// What older servers write into the reason phrase where newer ones have a code.
var (
	phraseToken  = regexp.MustCompile(`(?i)\btoken\b|grant not found`)
	phraseScope  = regexp.MustCompile(`(?i)\bscope\b`)
	phraseRights = regexp.MustCompile(`(?i)\brole\b|\brights?\b|permission|privilege`)
)

// tokenInvalid tells that the server refuses the token itself: it is expired, revoked, or none of
// the server's.
func tokenInvalid(err error) bool {
	if ResultOf(err) == AccessTokenExpired {
		return true
	}
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.Status == http.StatusUnauthorized &&
		(e.Code == errorInvalidToken || e.Code == errorSession || says(e, phraseToken) && !says(e, phraseScope) && !says(e, phraseRights))
}

// tokenMalformed tells that the server can't even read the token, so that another one of the same
// kind doesn't help.
func tokenMalformed(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.Code == errorSession
}

// says tells whether an answer without a code has a certain reason phrase.
func says(e *rest.Error, phrase *regexp.Regexp) bool {
	return e.Code == "" && e.StatusText != http.StatusText(e.Status) && phrase.MatchString(e.StatusText)
}

// lacksScope tells whether the token was not made for the call.
func lacksScope(err error) bool {
	if ResultOf(err) == InvalidScope {
		return true
	}
	e, ok := errors.AsType[*rest.Error](err)
	return ok && (e.Code == errorInsufficientScope || e.Status == http.StatusForbidden && says(e, phraseScope))
}

// lacksRights tells whether the caller's OAuth role doesn't allow the call.
func lacksRights(err error) bool {
	if ResultOf(err) == InsufficientPrivileges {
		return true
	}
	e, ok := errors.AsType[*rest.Error](err)
	return ok && (e.Code == errorInsufficientRights || e.Status == http.StatusUnauthorized && says(e, phraseRights))
}

// Refused tells that the service surely did not act on a call, since it didn't let the caller do it
// or was never asked.
func Refused(err error) bool {
	if _, ok := errors.AsType[*LoginError](err); ok {
		return true
	}
	switch ResultOf(err) {
	case AccessTokenExpired, AuthenticationMissing, AuthenticationInvalid, InsufficientPrivileges, InvalidScope:
		return true
	default:
	}
	e, ok := errors.AsType[*rest.Error](err)
	return !ok || e.Unsent || e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

// scopes are the scopes that operations need, where it isn't admin.
var scopes = map[string]string{
	"IdentityValidate": "configuration",
	"IdentityBrowse":   "configuration",
	"IdentitySelf":     "configuration",
}

const (
	hintSees = "The identity that the provider is logged in as may not see this. Grant it the OAuth role admin, grant_admin or auditor, or " +
		"application_owner of the application, with the token scope admin."
	hintAdmin    = "The identity that the provider is logged in as may not do this. Grant it the OAuth role admin, with the token scope admin."
	hintMappings = "The identity that the provider is logged in as may not see JWT mappings. Grant it the OAuth role admin or auditor, with the token " +
		"scope admin."
	hintOwns = "The identity that the provider is logged in as may not change this application or who may use it. Grant it the OAuth role admin, or " +
		"application_owner of the application, with the token scope admin."
)

// rightsHints say which OAuth role an operation needs.
var rightsHints = map[string]string{
	"ListRoles": "The identity that the provider is logged in as may not list roles. Grant it the OAuth role admin, or application_owner " +
		"of the application, with the token scope admin; auditor is enough to read. A role of application_maintainer may grant, but the provider must list " +
		"too: the server tells in no other way whether a grant is there.",
	"GetApplication":        hintSees,
	"EnumerateApplications": hintSees,
	"GetRules":              hintSees,
	"CreateApplication":     hintAdmin,
	"CreateJwtMapping":      hintAdmin,
	"UpdateJwtMapping":      hintAdmin,
	"DeleteJwtMapping":      hintAdmin,
	"UpdateApplication":     hintOwns,
	"DeleteApplication":     hintOwns,
	"CreateRule":            hintOwns,
	"UpdateRule":            hintOwns,
	"DeleteRule":            hintOwns,
	"GetJwtMapping":         hintMappings,
	"EnumerateJwtMappings":  hintMappings,
	"GrantRole": "The identity that the provider is logged in as may not grant this role. Grant it the OAuth role admin, or application_owner " +
		"of the application for application roles, with the token scope admin.",
	"RevokeRole": "The identity that the provider is logged in as may not revoke this role. Grant it the OAuth role admin, or application_owner " +
		"of the application for application roles, with the token scope admin.",
}
