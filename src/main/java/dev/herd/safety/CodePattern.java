package dev.herd.safety;

import java.util.List;

/**
 * A pattern of risky code.
 *
 * @param id the weakness and a name: {@code CWE-78:python-os-system}
 * @param severity {@code error}, {@code warning} or {@code advice}
 * @param languages where it applies; {@code any} for everywhere
 */
record CodePattern(String id, String severity, List<String> languages, Regex regex) {
    /** All that Herd knows. */
    static final List<CodePattern> ALL = List.of(
            of("CWE-242:c-gets", "error", "c", "\\bgets\\s*\\("),
            of("CWE-120:c-strcpy", "warning", "c", "\\b(?:strcpy|strcat|sprintf|vsprintf)\\s*\\("),
            of("CWE-120:c-scanf", "error", "c", "\\bf?scanf\\s*\\([^)\\n]*%s"),
            of("CWE-134:c-format", "warning", "c", "\\b(?:printf|syslog)\\s*\\(\\s*[A-Za-z_]\\w*\\s*\\)"),
            of("CWE-676:c-strtok", "advice", "c", "\\b(?:strtok|getpw|mktemp|tmpnam)\\s*\\("),
            of("CWE-338:c-rand", "advice", "c", "\\bs?rand\\s*\\("),
            of("CWE-762:cpp-auto-ptr", "advice", "c", "\\bauto_ptr\\s*<"),
            of("CWE-78:c-system", "warning", "c", "\\b(?:system|popen)\\s*\\(\\s*[A-Za-z_]"),
            of("CWE-78:python-os-system", "error", "python", "\\bos\\.(?:system|popen)\\s*\\("),
            of("CWE-78:python-shell-true", "error", "python", "\\bsubprocess\\.\\w+\\s*\\([^\\n]*shell\\s*=\\s*True"),
            of(
                    "CWE-502:python-pickle",
                    "error",
                    "python",
                    "\\b(?:pickle|cPickle|dill|jsonpickle|marshal|shelve)\\.(?:loads?|decode|open)\\s*\\("),
            of(
                    "CWE-502:python-yaml",
                    "error",
                    "python",
                    "\\byaml\\.(?:load|unsafe_load)\\s*\\((?:[^\\n)S]|S[^\\n)a])*\\)"),
            of("CWE-95:python-eval", "warning", "python", "(?:^|[^.\\w])(?:eval|exec)\\s*\\(\\s*[^\"')\\s]"),
            of(
                    "CWE-327:python-weak-hash",
                    "warning",
                    "python",
                    "\\bhashlib\\.(?:(?:md5|sha1)\\s*\\(|new\\s*\\(\\s*[\"'](?:md5|sha1))"),
            of("CWE-295:python-no-verify", "error", "python", "\\bverify\\s*=\\s*False"),
            of(
                    "CWE-89:python-sql",
                    "error",
                    "python",
                    "\\.execute\\s*\\(\\s*(?:f[\"']|[\"'][^\"'\\n]*[\"']\\s*(?:%|\\+|\\.format))"),
            of("CWE-377:python-mktemp", "warning", "python", "\\btempfile\\.mktemp\\s*\\("),
            of(
                    "CWE-94:javascript-eval",
                    "warning",
                    "javascript",
                    "(?:^|[^.\\w])(?:eval|Function)\\s*\\(\\s*[^\"')\\s]"),
            of(
                    "CWE-79:javascript-inner-html",
                    "warning",
                    "javascript",
                    "\\.(?:innerHTML|outerHTML)\\s*=|\\bdocument\\.write\\s*\\("),
            of(
                    "CWE-78:javascript-exec",
                    "error",
                    "javascript",
                    "\\b(?:exec|execSync)\\s*\\(\\s*(?:`[^`\\n]*\\$\\{|[\"'][^\"'\\n]*[\"']\\s*\\+)"),
            of("CWE-319:javascript-http", "advice", "javascript", "\\bfetch\\s*\\(\\s*[\"'`]http://"),
            of(
                    "CWE-346:javascript-post-message",
                    "warning",
                    "javascript",
                    "\\.postMessage\\s*\\([^\\n]*,\\s*[\"']\\*[\"']"),
            of(
                    "CWE-327:java-ecb",
                    "error",
                    "java",
                    "Cipher\\.getInstance\\s*\\(\\s*\"(?:[A-Za-z0-9]+/ECB|AES\"|DES|RC[24]|Blowfish)"),
            of("CWE-327:java-null-cipher", "error", "java", "\\bnew\\s+NullCipher\\b"),
            of(
                    "CWE-328:java-weak-hash",
                    "warning",
                    "java",
                    "MessageDigest\\.getInstance\\s*\\(\\s*\"(?:MD[245]|SHA-?1)\""),
            of("CWE-502:java-deserialisation", "warning", "java", "\\bnew\\s+ObjectInputStream\\s*\\("),
            of("CWE-78:java-exec", "warning", "java", "Runtime\\.getRuntime\\s*\\(\\s*\\)\\.exec\\s*\\("),
            of("CWE-89:java-sql", "error", "java", "\\.execute(?:Query|Update)?\\s*\\(\\s*\"[^\"\\n]*\"\\s*\\+"),
            of("CWE-502:php-unserialize", "error", "php", "\\bunserialize\\s*\\(\\s*\\$"),
            of(
                    "CWE-95:php-eval",
                    "error",
                    "php",
                    "\\b(?:eval|assert|create_function)\\s*\\(\\s*\\$|\\bextract\\s*\\(\\s*\\$_"),
            of("CWE-79:php-echo", "warning", "php", "\\becho\\s+\\$_(?:GET|POST|REQUEST|COOKIE)"),
            of("CWE-327:csharp-ecb", "error", "csharp", "CipherMode\\.ECB"),
            of("CWE-642:csharp-viewstate", "warning", "csharp", "EnableViewStateMac\\s*=\\s*\"?false"),
            of("CWE-494:shell-pipe", "error", "shell", "\\b(?:curl|wget)\\s[^|\\n]*\\|\\s*(?:sudo\\s+)?(?:ba|z)?sh\\b"),
            of("CWE-732:shell-chmod", "warning", "shell", "\\bchmod\\s+(?:-R\\s+)?0?777\\b"),
            of(
                    "CWE-798:hard-coded-secret",
                    "warning",
                    "any",
                    "\\b(?:password|passwd|secret|api_?key)\\s*[:=]\\s*[\"'][^\"'\\s]{8,64}[\"']"),
            of(
                    "CWE-295:trust-all",
                    "error",
                    "any",
                    "InsecureSkipVerify\\s*:\\s*true|NODE_TLS_REJECT_UNAUTHORIZED|CURLOPT_SSL_VERIFYPEER\\s*,\\s*(?:0|false)"));

    private static CodePattern of(String id, String severity, String language, String pattern) {
        return new CodePattern(id, severity, List.of(language), RegexReader.known(pattern, !language.equals("any")));
    }
}
