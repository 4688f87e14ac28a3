package dev.herd.safety;

/** Personal data and secrets that are found by their form, and by their check digits where they have some. */
public enum PiiEntity {
    /** An e-mail address. */
    EMAIL,
    /** A telephone number in international notation, or grouped as in North America. */
    PHONE,
    /** A payment card: 13 to 19 digits, an issuer's prefix, and Luhn's check digit. */
    CREDIT_CARD,
    /** A bank account, checked modulo 97. */
    IBAN,
    /** A social security number of the United States. */
    US_SSN,
    /** An IPv4 address. */
    IPV4,
    /** An IPv6 address. */
    IPV6,
    /** A name and password in an address. */
    URL_CREDENTIALS,
    /** A JSON web token. */
    JWT,
    /** An access key id of Amazon's. */
    AWS_KEY,
    /** A token of GitHub's, GitLab's, Slack's, Stripe's, OpenAI's, Anthropic's, Hugging Face's or Google's. */
    API_KEY,
    /** A private key in PEM form. */
    PRIVATE_KEY
}
