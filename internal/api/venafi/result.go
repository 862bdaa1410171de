// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"errors"
	"fmt"
)

// Result is the outcome of a call of /vedsdk/oauth, which is answered with HTTP 200 also when it
// failed (API.md, section 3).
type Result int

// Results that decide what to do next.
const (
	Success                  Result = 0
	ApplicationNotFound      Result = 2
	InvalidParameters        Result = 6
	InsufficientPrivileges   Result = 9
	AccessTokenExpired       Result = 11
	AuthenticationMissing    Result = 12
	AuthenticationInvalid    Result = 13
	InvalidScope             Result = 17
	RemoteIdentityRequired   Result = 18
	RuleNotFound             Result = 4
	ApplicationAlreadyExists Result = 19
	RuleAlreadyExists        Result = 20
	JwtMappingNotFound       Result = 21
	JwtMappingAlreadyExists  Result = 22
	ScopeMismatch            Result = 23
)

var results = []struct{ name, meaning string }{
	0:  {"Success", "the call succeeded"},
	1:  {"Failure", "the call failed for no reason that the service names"},
	2:  {"ApplicationNotFound", "there is no such application (API integration)"},
	3:  {"GrantNotFound", "there is no such grant"},
	4:  {"RuleNotFound", "there is no such rule"},
	5:  {"DriverError", "the server's secret store or database failed"},
	6:  {"InvalidParameters", "a parameter is missing or not valid"},
	7:  {"TokenHashError", "the server could not hash a token"},
	8:  {"ExceptionThrown", "the server ran into an unexpected error"},
	9:  {"InsufficientPrivileges", "the caller's OAuth role does not allow the call"},
	10: {"ObjectInvalid", "an object that the call works on is not valid"},
	11: {"AccessTokenExpired", "the access token has expired"},
	12: {"AuthenticationMissing", "the call carried no authentication"},
	13: {"AuthenticationInvalid", "the authentication is not valid"},
	14: {"UnsignedCodeForbidden", "code without a signature is not allowed"},
	15: {"RemoteTransportFailure", "the server could not reach another server"},
	16: {"RightsAssignmentError", "the server could not assign or take away the right"},
	17: {"InvalidScope", "the scope is not valid"},
	18: {"RemoteIdentityRequired", "the server was given no identity that it knows"},
	19: {"ApplicationAlreadyExists", "the application exists already"},
	20: {"RuleAlreadyExists", "the rule exists already"},
	21: {"JwtMappingNotFound", "there is no such JWT mapping"},
	22: {"JwtMappingAlreadyExists", "the JWT mapping exists already"},
	23: {"ScopeMismatch", "the scope does not meet the constraints"},
}

// String returns the vendor's name.
func (r Result) String() string {
	if r >= 0 && int(r) < len(results) {
		return results[r].name
	}
	return fmt.Sprintf("Result %d", int(r))
}

// Meaning says in words what the result means.
func (r Result) Meaning() string {
	if r >= 0 && int(r) < len(results) {
		return results[r].meaning
	}
	return "a result that is not documented"
}

// ResultError is a result other than Success.
type ResultError struct{ Result Result }

// Error says what the result means.
func (e *ResultError) Error() string { return e.Result.Meaning() }

// ResultOf returns the result in err, Success when it has none.
func ResultOf(err error) Result {
	if e, ok := errors.AsType[*ResultError](err); ok {
		return e.Result
	}
	return Success
}

var resultHints = map[Result]string{
	ApplicationNotFound: "Check application_id: it is the ID of the API integration, exactly as the server writes it, upper and lower " +
		"case included.",
	InvalidParameters:      "Check grantee, role and application_id.",
	RemoteIdentityRequired: hintGrantee,
}

const hintGrantee = "Check grantee: it must be the prefixed universal ID of a user or group that the server knows. The data source " +
	"appaccess_venafi_identity finds it by the name."
