;;; attached.el --- Emacs as somebody uses it -*- lexical-binding: t; -*-
;; With Eglot a file is opened; the server says what is wrong, completes, and runs a query. $OUT gets what was seen.

(require 'json)
(require 'package)
(package-initialize)
(require 'eglot)
(require 'rql-mode)

(defun settled (done)
  "Wait until DONE gives something, and give it."
  (let ((end (+ (float-time) 30)) (found nil))
    (while (not (or (setq found (funcall done)) (> (float-time) end)))
      (accept-process-output nil 0.05))
    found))

(setq rql-command (append (json-read-from-string (getenv "RUNQL")) nil)
      rql-source "demo"
      eglot-sync-connect 30
      eglot-autoreconnect nil)
(find-file (getenv "FILE"))
(call-interactively #'eglot)
(let* ((wrong (settled (lambda () (flymake-start) (flymake-diagnostics))))
       (labels (settled
                (lambda ()
                  (goto-char (point-min))
                  (search-forward "config.")
                  (let* ((found (run-hook-with-args-until-success 'completion-at-point-functions))
                         (table (and (consp found) (nth 2 found))))
                    (and table (all-completions "" table)))))))
  (goto-char (point-min))
  (rql-run)
  (settled (lambda () (get-buffer "*RunQL*")))
  (let ((coding-system-for-write 'utf-8))
    (with-temp-file (getenv "OUT")
      (insert
       (json-encode
        (list :mode (symbol-name (with-current-buffer (get-file-buffer (getenv "FILE")) major-mode))
              :diagnostics (vconcat (mapcar #'flymake-diagnostic-text wrong))
              :completion (vconcat (mapcar #'substring-no-properties labels))
              :result (with-current-buffer "*RunQL*" (buffer-string))))))))
(eglot-shutdown (eglot-current-server))
;;; attached.el ends here
