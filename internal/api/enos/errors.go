// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

var (
	// ErrAppNotFound means that the application doesn't exist, or that the organization unit hasn't
	// obtained it.
	ErrAppNotFound = errors.New("the application does not exist, or the organization has not obtained it")
	// ErrShortcut means that the application is a shortcut, which can't be authorized.
	ErrShortcut = errors.New("the application is an application shortcut, and a shortcut cannot be authorized")
)

// Result codes of the token scheme (vendor pages "Get Access Token", "Refresh Access Token") and of
// the application portal (vendor page "Common Error Codes"; 31 and three digits).
const (
	codeRepeated            = "1001"
	codeTokenExpired        = "1203"
	codeShortTokenExpired   = "4011"
	codeRefreshTokenExpired = "4012"
	codeInvalid             = "31400"
	codeNotExist            = "31404"
)

// transientCodes are failures that may pass by themselves.
var transientCodes = map[string]bool{"1005": true, "31429": true, "31500": true, "31504": true}

const hintCredentials = "Check access_key, secret_key and gateway_url of the provider's enos block: the keys are those of Developer Console > " +
	"Application Registration > the application > Application Details, in the environment that the gateway belongs to."

const hintPermission = "The application that access_key belongs to is not allowed to read or change the authorization of other applications. " +
	"An EnOS system administrator must grant the service account's application the right to authorize applications."

var hints = map[string]string{
	codeRepeated: "Another process that uses the same access_key asked for a token in the same millisecond, several times over. Try again.",
	"1002":       hintCredentials,
	"1003":       hintCredentials,
	"31401":      "The call was taken for one of a user who has not logged in. " + hintCredentials,
	"31403":      hintPermission,
	codeInvalid: "Check org_id and app_id: app_id is the application's Access Key (Developer Console > Application Registration), org_id the " +
		"Organization ID (IAM > Organization Profile), and the organization must own the application or have obtained it.",
}

var statusHints = map[int]string{
	http.StatusForbidden: "The gateway refused the call before it reached the service. The address that you call from may not be allowed, or the " +
		"application may lack the API: see API Management > API Authorization in the Developer Console.",
	http.StatusNotFound:        "Check gateway_url: it is the API Gateway address under Help > Environment Information of the console.",
	http.StatusTooManyRequests: "The gateway's flow control refused the call. Lower requests_per_minute or max_concurrent_requests of the enos block.",
}

// tokenRefused tells whether the service wants another token. Which form that takes is not
// documented: a code in the envelope, or HTTP 401.
func tokenRefused(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case codeTokenExpired, codeShortTokenExpired, codeRefreshTokenExpired:
		return true
	}
	return e.Status == http.StatusUnauthorized
}

// refusedAgain explains why a call was refused with a token that is new.
func refusedAgain(err error) error {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok {
		return err
	}
	again := *e
	again.Hint = "The call was refused with a new token too. Check access_key and secret_key of the provider's enos block, and the clock of this " +
		"machine: each call is signed with the secret key and the present time."
	return &again
}

// withoutHint drops what the service's code alone would advise, where more is known.
func withoutHint(err error) error {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok {
		return err
	}
	plain := *e
	plain.Hint = ""
	return &plain
}

// AppError is a failure that has to do with one application.
type AppError struct {
	OrgID, AppID string
	// Reason is ErrAppNotFound or ErrShortcut.
	Reason error
	// Err is what the service said, nil when the reason was found without a failure.
	Err error
}

// Error names the application, the reason and what the service said.
func (e *AppError) Error() string {
	text := fmt.Sprintf("application %s in organization %s: %v", e.AppID, e.OrgID, e.Reason)
	if errors.Is(e.Reason, ErrAppNotFound) {
		text = fmt.Sprintf("organization %s has no application %s", e.OrgID, e.AppID)
	}
	if e.Err == nil {
		return text
	}
	return fmt.Sprintf("%s (%v)", text, e.Err)
}

// Unwrap gives the reason and the cause.
func (e *AppError) Unwrap() []error { return []error{e.Reason, e.Err} }

// DifferenceError means that the service accepted a list of types, but lists others afterwards.
type DifferenceError struct {
	OrgID, AppID string
	// Missing were sent and are not listed; Extra are listed and were not sent. Both are sorted.
	Missing, Extra []string
}

// Error names the types.
func (e *DifferenceError) Error() string {
	var found []string
	if len(e.Missing) > 0 {
		found = append(found, "does not list "+strings.Join(e.Missing, ", "))
	}
	if len(e.Extra) > 0 {
		found = append(found, "still lists "+shared.Printable(strings.Join(e.Extra, ", ")))
	}
	return fmt.Sprintf("application %s in organization %s: %s accepted the new list of data authorize types, but afterwards it %s. "+
		"Somebody may have changed the list at the same time, or the service may not support these types",
		e.AppID, e.OrgID, serviceName, strings.Join(found, " and "))
}
