// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

// Positions of [Switches.ExpiresIn], [Switches.Expires], [Switches.RefreshToken] and
// [Switches.Challenge].
const (
	Sent   = "sent"
	Absent = "absent"
)

// Positions of [Switches.JwtAnswer].
const (
	JwtAnswerShort = "short"
	JwtAnswerFull  = "full"
)

// Positions of [Switches.CertificateLogin].
const (
	CertificateEnabled  = "enabled"
	CertificateDisabled = "disabled"
)

// Positions of [Switches.RevokeScope] and [Switches.SelfScope].
const (
	ScopeAny                 = "any"
	ScopeConfiguration       = "configuration"
	ScopeConfigurationManage = "configuration:manage"
)

// Positions of [Switches.InsufficientRights].
const (
	Rights401     = "401"
	RightsResult9 = "result_9"
)

// Positions of [Switches.MissingApplicationID] and [Switches.BadRole].
const (
	Status400 = "400"
	Result6   = "result_6"
)

// Positions of [Switches.DuplicateGrant] and [Switches.AbsentRevoke].
const (
	ResultSuccess = "0"
	ResultRights  = "16"
)

// Positions of [Switches.UnknownGrantee].
const (
	GranteeRemoteIdentity = "18"
	GranteeInvalid        = "6"
	GranteeAccepted       = "accepted"
)

// Positions of [Switches.GranteeNames].
const (
	NamesRefused  = "refused"
	NamesResolved = "resolved"
)

// Positions of [Switches.GranteeMatching].
const (
	MatchGUID  = "guid"
	MatchExact = "exact"
	// MatchFolded is a directory whose IDs are without letter case, and which lists them in lower
	// case.
	MatchFolded = "folded"
)

// Positions of [Switches.GranteeSpelling].
const (
	SpellingAsGiven   = "as_given"
	SpellingDirectory = "directory"
	SpellingLower     = "lower"
	SpellingUpper     = "upper"
	SpellingUnbraced  = "unbraced"
)

// Positions of [Switches.RevokeApplicationID].
const (
	RevokeHonours = "honoured"
	RevokeIgnores = "ignored"
)

// Positions of [Switches.GlobalApplicationID].
const (
	GlobalOmitted = "omitted"
	GlobalNull    = "null"
	GlobalEmpty   = "empty"
)

// Positions of [Switches.AuditorApplicationID].
const (
	AuditorPlain = "none"
	AuditorOdd   = "odd"
)

// Positions of [Switches.ImpliedRoles].
const (
	ImpliedHidden = "hidden"
	ImpliedShown  = "shown"
)

// Positions of [Switches.Order].
const (
	OrderUnstable = "unstable"
	OrderStable   = "stable"
)

// Positions of [Switches.StaleList].
const (
	StaleNever      = "never"
	StaleOnce       = "once"
	StaleThreeTimes = "three_times"
)

// Positions of [Switches.OwnerAssignsOwner] and [Switches.MaintainerGrants].
const (
	Allowed = "allowed"
	Refused = "refused"
)

// Positions of [Switches.UnknownIdentity].
const (
	IdentityNoBody = "no_body"
	IdentityObject = "object"
	IdentityNull   = "null"
)

// Positions of [Switches.ErrorForm].
const (
	ErrorBody   = "body"
	ErrorReason = "reason_phrase"
)

// Positions of [Switches.ErrorKeys].
const (
	KeysLower       = "lower"
	KeysCapitalised = "capitalised"
)

// Positions of [Switches.MalformedToken].
const (
	MalformedInvalidToken = "invalid_token"
	MalformedSessionError = "session_error"
)

// Positions of [Switches.SuccessError].
const (
	SuccessErrorAbsent = "absent"
	SuccessErrorNull   = "null"
)

// Positions of [Switches.GetApplication].
const (
	ApplicationObject = "object"
	ApplicationArray  = "array"
)

// Positions of [Switches.Start].
const (
	StartPage = "page"
	StartSkip = "skip"
)

// Positions of [Switches.ApplicationEnd].
const (
	EndCascades = "cascades"
	EndKeeps    = "keeps"
	EndRefused  = "refused"
)

// Positions of [Switches.NullValidity] and [Switches.DefaultValidity].
const (
	NullDefault   = "default"
	NullForever   = "forever"
	DefaultBlank  = "blank"
	DefaultFilled = "filled"
)

// Positions of [Switches.ScopeSpelling].
const (
	ScopeAsGiven   = "as_given"
	ScopeReordered = "reordered"
	ScopeUpper     = "upper"
	ScopeSpaced    = "spaced"
)

// Positions of [Switches.RuleFields], [Switches.AbsentRule], [Switches.ForeignRules] and
// [Switches.RuleBeyondApplication].
const (
	RuleFieldsSeven = "7"
	RuleFieldsFour  = "4"
	RuleNotFound    = "4"
	ForeignDenied   = "denied"
	ForeignEmpty    = "empty"
	ScopeAccepted   = "accepted"
	ScopeMismatch   = "23"
)

// Positions of [Switches.JwksURI], [Switches.IDMatch] and [Switches.EnumerateApplications].
const (
	Kept              = "kept"
	Ignored           = "ignored"
	MatchWhole        = "whole"
	MatchPart         = "part"
	EnumeratePlural   = "Applications"
	EnumerateSingular = "Application"
)

// Positions of [Switches.RoleRows].
const (
	RowsDocumented        = "documented"
	RowsRoleText          = "role_text"
	RowsRoleName          = "role_name"
	RowsRoleDecimal       = "role_decimal"
	RowsGranteeWriteName  = "grantee_write_name"
	RowsGranteeObject     = "grantee_object"
	RowsApplicationNumber = "application_number"
	RowsMissing           = "no_roles"
	RowsNull              = "null_roles"
)

// Positions of [Switches.FailedLogin].
const (
	LoginStatus400 = "400"
	LoginStatus200 = "200"
)

// Positions of [Switches.LoginEcho].
const (
	EchoNothing    = "none"
	EchoRaw        = "raw"
	EchoEscaped    = "escaped"
	EchoEscapedAll = "escaped_all"
	EchoLong       = "long"
)

// Positions of [Switches.SelfGroups].
const (
	GroupsShown  = "shown"
	GroupsHidden = "hidden"
)

// Switches are the questions that the vendor's pages leave open, marked [U] in
// internal/api/venafi/API.md; each position is one answer. The zero value takes the first position
// of each.
type Switches struct {
	ExpiresIn             string `json:"expires_in,omitempty" positions:"sent,absent" doc:"Whether logins answer expires_in."`
	Expires               string `json:"expires,omitempty" positions:"sent,absent" doc:"Whether logins answer expires."`
	RefreshToken          string `json:"refresh_token,omitempty" positions:"sent,absent" doc:"Whether logins answer a refresh token."`
	JwtAnswer             string `json:"jwt_answer,omitempty" positions:"short,full" doc:"Whether the JWT login answers expiry and token type."`
	CertificateLogin      string `json:"certificate_login,omitempty" positions:"enabled,disabled" doc:"Whether the server takes client certificates."`
	RevokeScope           string `json:"revoke_scope,omitempty" positions:"any,configuration:manage" doc:"The scope that a token needs to revoke itself."`
	SelfScope             string `json:"self_scope,omitempty" positions:"any,configuration" doc:"The scope that identity/self needs."`
	InsufficientRights    string `json:"insufficient_rights,omitempty" positions:"401,result_9" doc:"How a caller with too low an OAuth role is refused."`
	MissingApplicationID  string `json:"missing_application_id,omitempty" positions:"400,result_6" doc:"How an application role without ApplicationId is refused."`
	BadRole               string `json:"bad_role,omitempty" positions:"result_6,400" doc:"How roles 0, 4 and those out of range are refused."`
	DuplicateGrant        string `json:"duplicate_grant,omitempty" positions:"0,16" doc:"The result of a grant of a role that is held already."`
	AbsentRevoke          string `json:"absent_revoke,omitempty" positions:"0,16" doc:"The result of a revoke of a role that is not held."`
	UnknownGrantee        string `json:"unknown_grantee,omitempty" positions:"18,6,accepted" doc:"The result of a grant to nobody known."`
	GranteeNames          string `json:"grantee_names,omitempty" positions:"refused,resolved" doc:"Whether a prefixed name is taken as grantee."`
	GranteeMatching       string `json:"grantee_matching,omitempty" positions:"guid,exact,folded" doc:"What matters when a grantee is looked for: case and braces of a GUID do not; they do; letter case never does, and is not kept."`
	GranteeSpelling       string `json:"grantee_spelling,omitempty" positions:"as_given,directory,lower,upper,unbraced" doc:"How ListRoles, GetRules and JWT mappings spell the grantee."`
	RevokeApplicationID   string `json:"revoke_application_id,omitempty" positions:"honoured,ignored" doc:"Whether a revoke takes the role on the named application only."`
	GlobalApplicationID   string `json:"global_application_id,omitempty" positions:"omitted,null,empty" doc:"ApplicationId of global roles in ListRoles."`
	AuditorApplicationID  string `json:"auditor_application_id,omitempty" positions:"none,odd" doc:"Whether ListRoles shows auditors with an ApplicationId, as a sample does."`
	ImpliedRoles          string `json:"implied_roles,omitempty" positions:"hidden,shown" doc:"Whether ListRoles shows the auditor role that TPP auditors have by themselves."`
	Order                 string `json:"order,omitempty" positions:"unstable,stable" doc:"The order of ListRoles."`
	StaleList             string `json:"stale_list,omitempty" positions:"never,once,three_times" doc:"For how many lists a grant stays unseen and a revoked role stays seen."`
	OwnerAssignsOwner     string `json:"owner_assigns_owner,omitempty" positions:"allowed,refused" doc:"Whether an application owner may grant and revoke that role."`
	MaintainerGrants      string `json:"maintainer_grants,omitempty" positions:"allowed,refused" doc:"Whether a maintainer may grant and revoke maintainers."`
	UnknownIdentity       string `json:"unknown_identity,omitempty" positions:"no_body,object,null" doc:"The body of identity/validate for an unknown identity."`
	ErrorForm             string `json:"error_form,omitempty" positions:"body,reason_phrase" doc:"Whether an error is in the body or, on old servers, in the reason phrase only."`
	ErrorKeys             string `json:"error_keys,omitempty" positions:"lower,capitalised" doc:"The case of the keys of an error."`
	MalformedToken        string `json:"malformed_token,omitempty" positions:"invalid_token,session_error" doc:"The error of a token that is not base64."`
	Challenge             string `json:"challenge,omitempty" positions:"absent,sent" doc:"Whether a 401 carries WWW-Authenticate."`
	SuccessError          string `json:"success_error,omitempty" positions:"absent,null" doc:"The key Error beside Result 0."`
	GetApplication        string `json:"get_application,omitempty" positions:"object,array" doc:"Whether GetApplication answers Application or Applications."`
	ApplicationEnd        string `json:"application_end,omitempty" positions:"cascades,keeps,refused" doc:"What becomes of rules and grants when their application is deleted: they go, they stay, or it is refused while there are rules."`
	NullValidity          string `json:"null_validity,omitempty" positions:"default,forever" doc:"What a validity of null means in a create or update."`
	DefaultValidity       string `json:"default_validity,omitempty" positions:"blank,filled" doc:"Whether a validity that was left out reads as null or as the server's default."`
	ScopeSpelling         string `json:"scope_spelling,omitempty" positions:"as_given,reordered,upper,spaced" doc:"How the scopes of applications and rules are answered."`
	RuleFields            string `json:"rule_fields,omitempty" positions:"7,4" doc:"How many fields of a rule GetRules answers."`
	AbsentRule            string `json:"absent_rule,omitempty" positions:"4,0" doc:"The result of a DeleteRule that finds none."`
	ForeignRules          string `json:"foreign_rules,omitempty" positions:"denied,empty" doc:"What an owner gets who asks for the rules of another application."`
	RuleBeyondApplication string `json:"rule_beyond_application,omitempty" positions:"accepted,23" doc:"The result of a rule with a scope that its application may not have."`
	EnumerateApplications string `json:"enumerate_applications,omitempty" positions:"Applications,Application" doc:"Under which key EnumerateApplications answers."`
	MoreFields            string `json:"more_fields,omitempty" positions:"absent,sent" doc:"Whether applications, rules and JWT mappings have a field that no page describes, which an update without it wipes."`
	JwksURI               string `json:"jwks_uri,omitempty" positions:"kept,ignored" doc:"Whether the server knows the JwksUri of JWT mappings."`
	IDMatch               string `json:"id_match,omitempty" positions:"whole,part" doc:"Whether the IdMatch of a JWT mapping must match the whole claim."`
	JwtLogin              string `json:"jwt_login,omitempty" positions:"enabled,disabled" doc:"Whether the server takes JSON Web Tokens."`
	Start                 string `json:"start,omitempty" positions:"page,skip" doc:"What Start of EnumerateApplications counts."`
	RoleRows              string `json:"role_rows,omitempty" positions:"documented,role_text,role_name,role_decimal,grantee_write_name,grantee_object,application_number,no_roles,null_roles" doc:"The rows of ListRoles: as documented; the role as text, as name, as 6.0; the grantee under the name of the write, or as an object; an ApplicationId of digits as a number; no key Roles; null."`
	FailedLogin           string `json:"failed_login,omitempty" positions:"400,200" doc:"The HTTP status of a login that fails, with error and error_description."`
	LoginEcho             string `json:"login_echo,omitempty" positions:"none,raw,escaped,escaped_all,long" doc:"Whether a failed login repeats the password or JWT in its error: not; as it was; with lower-case percent escapes; with every byte escaped; over and over, so that any limit cuts one in two."`
	SelfGroups            string `json:"self_groups,omitempty" positions:"shown,hidden" doc:"Whether identity/self lists the caller's groups."`
}

// staleLists returns for how many lists a change stays unseen.
func (s Switches) staleLists() int {
	switch s.StaleList {
	case StaleOnce:
		return 1
	case StaleThreeTimes:
		return 3
	default:
		return 0
	}
}
