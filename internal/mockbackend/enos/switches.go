// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

// Positions of [Switches.Expire].
const (
	ExpireRemaining = "remaining"
	ExpireFull      = "full"
)

// Positions of [Switches.TokenErrorStatus] and [Switches.BusinessStatus].
const (
	StatusOK           = "200"
	StatusUnauthorized = "401"
	StatusMatching     = "4xx"
)

// Positions of [Switches.TokenEnvelope].
const (
	EnvelopeStatus = "status"
	EnvelopeCode   = "code"
)

// Positions of [Switches.RefreshExpired].
const (
	RefreshFailed  = "1204"
	RefreshTooLate = "1203"
)

// Positions of [Switches.RefreshedToken].
const (
	TokenLives = "lives"
	TokenDies  = "dies"
)

// Positions of [Switches.ExpiredToken].
const (
	ExpiredStatus       = "status_1203"
	ExpiredUnauthorized = "http_401"
	ExpiredCode         = "code_1203"
	ExpiredShort        = "apim_4011"
	ExpiredRefresh      = "apim_4012"
)

// Positions of [Switches.EmptyList].
const (
	EmptyArray  = "array"
	EmptyNull   = "null"
	EmptyAbsent = "absent"
)

// Positions of [Switches.Order].
const (
	OrderShuffled = "shuffled"
	OrderStored   = "stored"
)

// Positions of [Switches.Duplicates].
const (
	DuplicatesNone  = "none"
	DuplicatesTwice = "twice"
)

// Positions of [Switches.Case].
const (
	CaseExact       = "exact"
	CaseInsensitive = "insensitive"
)

// Positions of [Switches.ListedCase].
const (
	ListedAsStored = "stored"
	ListedLower    = "lower"
)

// Positions of [Switches.SetData].
const (
	SetDataTrue         = "true"
	SetDataFalse        = "false"
	SetDataFalseApplied = "false_applied"
)

// Positions of [Switches.MissingKey].
const (
	MissingClears    = "clears"
	MissingRefused   = "refused"
	MissingUnchanged = "unchanged"
)

// Positions of [Switches.Settling].
const (
	SettlingNone       = "none"
	SettlingOnce       = "once"
	SettlingThreeTimes = "three_times"
	SettlingSecond     = "second"
	SettlingMinute     = "minute"
)

// Positions of [Switches.CodeType].
const (
	CodeNumber = "number"
	CodeString = "string"
)

// Positions of [Switches.SuccessMessage].
const (
	MessageOK    = "ok"
	MessageEmpty = "empty"
)

// Positions of [Switches.FailureData].
const (
	FailureNull   = "null"
	FailureAbsent = "absent"
)

// Positions of [Switches.RequestID].
const (
	RequestIDAbsent = "absent"
	RequestIDSent   = "sent"
)

// Positions of [Switches.Skew] and [Switches.Replay].
const (
	Ignored  = "ignored"
	Checked  = "checked"
	Accepted = "accepted"
	Rejected = "rejected"
)

// Positions of [Switches.OwnList].
const (
	OwnAllowed = "allowed"
	OwnRefused = "refused"
)

// Positions of [Switches.RateLimit] and [Switches.RetryAfter].
const (
	RateUnlimited    = "none"
	Rate60           = "60"
	Rate600          = "600"
	RetryAfterSent   = "sent"
	RetryAfterAbsent = "absent"
)

// Positions of [Switches.InfoData].
const (
	InfoDataList      = "list"
	InfoDataMissing   = "missing"
	InfoDataEmpty     = "empty"
	InfoDataNullAmong = "null_among"
)

// Positions of [Switches.Envelope].
const (
	EnvelopeCodeOnly    = "code"
	EnvelopeBoth        = "both"
	EnvelopeStatusFails = "status_fails"
	EnvelopeCodeFails   = "code_fails"
)

// Switches are the questions that the vendor's pages leave open, marked [U] in
// internal/api/enos/API.md; each position is one answer. The zero value takes the first position of
// each.
type Switches struct {
	Expire           string `json:"expire,omitempty" positions:"remaining,full" doc:"What expire says when the live token is handed out again."`
	TokenErrorStatus string `json:"token_error_status,omitempty" positions:"200,401" doc:"The HTTP status of the token codes 1002 and 1003."`
	TokenEnvelope    string `json:"token_envelope,omitempty" positions:"status,code" doc:"The key that carries the code of the token service."`
	RefreshExpired   string `json:"refresh_expired,omitempty" positions:"1204,1203" doc:"The code when an expired token is refreshed."`
	RefreshedToken   string `json:"refreshed_token,omitempty" positions:"lives,dies" doc:"What becomes of a token that was refreshed."`
	ExpiredToken     string `json:"expired_token,omitempty" positions:"status_1203,http_401,code_1203,apim_4011,apim_4012" doc:"How a call with an expired or killed token is refused."`
	EmptyList        string `json:"empty_list,omitempty" positions:"array,null,absent" doc:"How dataAuthorizeType reads when nothing is granted."`
	Order            string `json:"order,omitempty" positions:"shuffled,stored" doc:"The order of dataAuthorizeType."`
	Duplicates       string `json:"duplicates,omitempty" positions:"none,twice" doc:"Whether dataAuthorizeType lists every value twice."`
	Case             string `json:"case,omitempty" positions:"exact,insensitive" doc:"Whether a written value in lower case is known."`
	ListedCase       string `json:"listed_case,omitempty" positions:"stored,lower" doc:"The case of the values in dataAuthorizeType."`
	SetData          string `json:"set_data,omitempty" positions:"true,false,false_applied" doc:"What data says in the answer of a set with code 0; false_applied writes and still says false."`
	MissingKey       string `json:"missing_key,omitempty" positions:"clears,refused,unchanged" doc:"What a set does whose dataAuthorizeType is null or left out."`
	Settling         string `json:"settling,omitempty" positions:"none,once,three_times,second,minute" doc:"How long info shows the old list after a set: for that many reads, or that time."`
	CodeType         string `json:"code_type,omitempty" positions:"number,string" doc:"The JSON type of code."`
	BusinessStatus   string `json:"business_status,omitempty" positions:"200,4xx" doc:"The HTTP status of an answer with a code other than 0."`
	SuccessMessage   string `json:"success_message,omitempty" positions:"ok,empty" doc:"The message beside code 0."`
	FailureData      string `json:"failure_data,omitempty" positions:"null,absent" doc:"The key data beside a code other than 0."`
	RequestID        string `json:"request_id,omitempty" positions:"absent,sent" doc:"Whether app-portal answers carry a requestId."`
	Skew             string `json:"skew,omitempty" positions:"ignored,checked" doc:"Whether a timestamp more than five minutes off is refused."`
	Replay           string `json:"replay,omitempty" positions:"accepted,rejected" doc:"Whether a signature that was seen before is refused."`
	OwnList          string `json:"own_list,omitempty" positions:"allowed,refused" doc:"Whether an application may change its own list."`
	RateLimit        string `json:"rate_limit,omitempty" positions:"none,60,600" doc:"Signed calls in a calendar minute before the gateway throttles."`
	InfoData         string `json:"info_data,omitempty" positions:"list,missing,empty,null_among" doc:"The data of a read: the list; no key data; an empty object; the list with null in place of its first value."`
	Envelope         string `json:"envelope,omitempty" positions:"code,both,status_fails,code_fails" doc:"Whether portal answers carry status beside code: not; the same; a failure beside code 0; 0 beside a code that fails, though all is done."`
	TokenCalls       int    `json:"token_calls,omitempty" doc:"How many signed calls a token is good for; 0 is no limit."`
	RetryAfter       string `json:"retry_after,omitempty" positions:"sent,absent" doc:"Whether the gateway's rate limit sends Retry-After."`
}

// staleReads returns for how many reads a new list stays unseen.
func (s Switches) staleReads() int {
	switch s.Settling {
	case SettlingOnce:
		return 1
	case SettlingThreeTimes:
		return 3
	default:
		return 0
	}
}
