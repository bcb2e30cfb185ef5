;;; rql-mode.el --- Major mode for RunQL -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages, data

;;; Commentary:

;; RunQL asks questions of machine-learning runs.  Highlighting, comments and indentation stand here; completion,
;; diagnostics, formatting and results come from `runql lsp', by Eglot or by lsp-mode, whichever is there.
;;
;;   (add-to-list 'load-path "…/editors/emacs")
;;   (require 'rql-mode)
;;   (add-hook 'rql-mode-hook #'eglot-ensure)    ; or #'lsp-deferred
;;
;; C-c C-c runs the query at point, or the region, and shows its result in another window.

;;; Code:

(require 'rql-words)
(require 'json)

(defgroup rql nil
  "RunQL, a query language for machine-learning runs."
  :group 'languages
  :prefix "rql-")

(defcustom rql-command '("runql")
  "The program that is RunQL, with its first arguments."
  :type '(repeat string))

(defcustom rql-source nil
  "The source of queries that name none; if nil, what `.runql.toml' says."
  :type '(choice (const :tag "as .runql.toml says" nil) string))

(defvar rql-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\' "\"" table)
    (modify-syntax-entry ?\` "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    (modify-syntax-entry ?_ "w" table)
    (dolist (sign '(?= ?< ?> ?! ?~ ?+ ?- ?* ?/ ?% ?| ?&))
      (modify-syntax-entry sign "." table))
    table)
  "Syntax of RunQL: comments, strings, names in backticks.")

(defun rql--is-keyword (begin end)
  "Whether the word from BEGIN to END stands where a keyword can.
A word beside a sign that compares, or in a path, is a name; with a parenthesis
it is a function."
  (and (not (memq (char-before begin) '(?. ?/ ?$ ?@ ?`)))
       (not (memq (char-after end) '(?. ?/ ?\()))
       (save-excursion
         (goto-char end)
         (skip-chars-forward " \t")
         (not (looking-at "[=<>~]\\|![=~]")))
       (save-excursion
         (goto-char begin)
         (skip-chars-backward " \t")
         (or (bolp) (not (memq (char-before) '(?< ?> ?~ ?-)))))))

(defun rql--matcher (words)
  "A function that finds WORDS, in any case, where keywords can stand."
  (let ((pattern (regexp-opt words 'words)))
    (lambda (limit)
      (let ((case-fold-search t) (found nil))
        (while (and (not found) (re-search-forward pattern limit t))
          (setq found (save-match-data (rql--is-keyword (match-beginning 0) (match-end 0)))))
        found))))

(defun rql--stage (limit)
  "Find the word of a stage, behind a pipe, up to LIMIT."
  (let ((case-fold-search t) (found nil))
    (while (and (not found)
                (re-search-forward (concat "|[ \t\n]*\\(" (regexp-opt rql-words-stages) "\\)\\>") limit t))
      (setq found (not (eq (char-before (match-beginning 0)) ?|))))
    found))

(defconst rql--source "[^][ \t\n,;|\"'`(){}$#]+"
  "A source, or the id of a run.")

(defconst rql-font-lock-keywords
  `((rql--stage 1 font-lock-preprocessor-face)
    (,(concat "\\<\\(?:from\\|into\\|use\\)[ \t]+\\(" rql--source "\\(?:,[ \t]*" rql--source "\\)*\\)")
     1 font-lock-constant-face)
    (,(concat "\\(?:^\\|;\\|=\\|explain\\|count\\)[ \t]*\\<\\(?:run\\|sweep\\)[ \t]+\\([[:alnum:]]" rql--source "\\)")
     1 font-lock-constant-face)
    ("\\$[[:alpha:]_][[:alnum:]_]*" . font-lock-variable-name-face)
    (,(rql--matcher rql-words-statements) . font-lock-keyword-face)
    (,(concat "\\<" (regexp-opt rql-words-namespaces t) "\\.") 1 font-lock-type-face)
    (,(concat "\\<" (regexp-opt rql-words-run-fields t) "\\>") 1 font-lock-builtin-face)
    (,(rql--matcher rql-words-keywords) . font-lock-keyword-face)
    (,(concat "\\<" (regexp-opt rql-words-constants t) "\\>[^.(/]?") 1 font-lock-constant-face)
    ("\\<\\([[:alpha:]_][[:alnum:]_]*\\)(" 1 font-lock-function-name-face)
    ("\\_<[0-9]\\{4\\}-[0-9][0-9]-[0-9][0-9]\\(?:T[0-9:.]+\\(?:Z\\|[+-][0-9:]+\\)?\\)?" . font-lock-constant-face)
    ("\\<\\(?:[0-9]+\\(?:\\.[0-9]+\\)?[smhdw]\\)+\\>" . font-lock-constant-face)
    ("\\<[0-9][0-9_]*\\(?:\\.[0-9]+\\)?\\(?:e[+-]?[0-9]+\\)?[kKMG]?\\>" . font-lock-constant-face))
  "What is painted in RunQL; the lists of words are those of the language.")

(defun rql-indent-line ()
  "Indent a line: what goes on with a statement stands two columns further in."
  (interactive)
  (let* ((goes-on
          (save-excursion
            (forward-line 0)
            (forward-comment (- (point)))
            (not (or (bobp) (eq (char-before) ?\;)))))
         (depth (save-excursion (car (syntax-ppss (line-beginning-position)))))
         (column (+ (if goes-on 2 0) (* 2 depth))))
    (if (<= (current-column) (current-indentation))
        (indent-line-to column)
      (save-excursion (indent-line-to column)))))

(defvar rql-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'rql-run)
    (define-key map (kbd "C-c C-e") #'rql-explain)
    (define-key map (kbd "C-c C-k") #'rql-check)
    map)
  "Keys of `rql-mode'.")

;;;###autoload
(define-derived-mode rql-mode prog-mode "RunQL"
  "Major mode for queries on machine-learning runs."
  (setq-local comment-start "# ")
  (setq-local comment-start-skip "#+\\s-*")
  (setq-local comment-end "")
  (setq-local font-lock-defaults '(rql-font-lock-keywords nil nil))
  (setq-local font-lock-multiline t)
  (setq-local indent-line-function #'rql-indent-line)
  (setq-local indent-tabs-mode nil)
  (setq-local completion-at-point-functions '(rql-complete-word)))

(defun rql-complete-word ()
  "Complete a word of the language; the server, if there is one, knows more."
  (let ((bounds (bounds-of-thing-at-point 'word)))
    (when bounds
      (list (car bounds) (cdr bounds)
            (append rql-words-statements rql-words-keywords rql-words-stages rql-words-functions
                    rql-words-run-fields)
            :exclusive 'no))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.rql\\'" . rql-mode))
;;;###autoload
(add-to-list 'interpreter-mode-alist '("runql" . rql-mode))

;;; The server

(defvar eglot-server-programs)
(defvar lsp-language-id-configuration)
(declare-function eglot-current-server "eglot")
(declare-function eglot--TextDocumentIdentifier "eglot")
(declare-function jsonrpc-request "jsonrpc")
(declare-function jsonrpc-async-request "jsonrpc")
(declare-function lsp-register-client "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function lsp-request-async "lsp-mode")
(declare-function lsp--text-document-identifier "lsp-mode")

(defun rql-server-command (&rest _)
  "The command that starts the server."
  (append rql-command '("lsp")))

(defun rql-server-settings ()
  "What the server is told: results are shown here."
  (append '(:results "return") (when rql-source (list :source rql-source))))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               (cons 'rql-mode
                     (lambda (&rest _)
                       (append (rql-server-command) (list :initializationOptions (rql-server-settings)))))))

(with-eval-after-load 'lsp-mode
  (add-to-list 'lsp-language-id-configuration '(rql-mode . "rql"))
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection #'rql-server-command)
    :major-modes '(rql-mode)
    :initialization-options #'rql-server-settings
    :server-id 'runql)))

(defun rql--position (where)
  "The line and the column of WHERE, both from 0, the column in units of UTF-16."
  (save-excursion
    (goto-char where)
    (let ((before (buffer-substring-no-properties (line-beginning-position) (point))))
      (list :line (1- (line-number-at-pos nil t))
            :character (/ (length (encode-coding-string before 'utf-16-le)) 2)))))

(defun rql--place ()
  "The region, or point, as the server takes it."
  (if (use-region-p)
      (list :range (list :start (rql--position (region-beginning)) :end (rql--position (region-end))))
    (list :position (rql--position (point)))))

(defun rql--uri ()
  "The address of this buffer as the server knows it."
  (cond ((and (fboundp 'eglot-current-server) (eglot-current-server))
         (plist-get (eglot--TextDocumentIdentifier) :uri))
        ((bound-and-true-p lsp-mode)
         (plist-get (lsp--text-document-identifier) :uri))
        (t (user-error "No server runs for this buffer: M-x eglot, or M-x lsp"))))

(defun rql--get (reply name)
  "The value of NAME, a keyword, in REPLY, a property list or a hash table."
  (if (hash-table-p reply)
      (gethash (substring (symbol-name name) 1) reply)
    (plist-get reply name)))

(defun rql--show (reply)
  "Show REPLY, what a command gave, in another window."
  (unless (eq (rql--get reply :isCancelled) t)
    (with-current-buffer (get-buffer-create "*RunQL*")
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert (rql--get reply :text) "\n")
        (goto-char (point-min)))
      (special-mode)
      (setq-local truncate-lines t)
      (display-buffer (current-buffer)))))

(defun rql--execute (command)
  "Let the server carry out COMMAND at point, or on the region."
  (let ((params (list :command command
                      :arguments (vector (append (list :uri (rql--uri)) (rql--place))))))
    (message "RunQL: …")
    (if (and (fboundp 'eglot-current-server) (eglot-current-server))
        (jsonrpc-async-request (eglot-current-server) :workspace/executeCommand params
                               :success-fn #'rql--show
                               :error-fn (lambda (err) (message "RunQL: %s" (plist-get err :message)))
                               :timeout 3600)
      (lsp-request-async "workspace/executeCommand" params #'rql--show :mode 'detached))))

(defun rql-run ()
  "Run the query at point, or those of the region, and show the result."
  (interactive)
  (rql--execute "runql.run"))

(defun rql-explain ()
  "Show what the query at point becomes."
  (interactive)
  (rql--execute "runql.explain"))

(defun rql-check ()
  "Check the query at point against its source."
  (interactive)
  (rql--execute "runql.check"))

(provide 'rql-mode)
;;; rql-mode.el ends here
