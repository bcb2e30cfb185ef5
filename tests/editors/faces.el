;;; faces.el --- What Emacs makes of texts -*- lexical-binding: t; -*-
;; $TEXTS holds one a line, as JSON strings; $OUT gets for each its mode, its comment, and the face of each character.

(require 'json)
(require 'rql-mode)

(defun faces-of (text)
  "The faces of TEXT, a vector with one for each character."
  (with-temp-buffer
    (insert text)
    (setq buffer-file-name (expand-file-name "q.rql" temporary-file-directory))
    (set-auto-mode)
    (font-lock-ensure)
    (let ((faces (mapcar (lambda (place)
                           (let ((face (get-text-property place 'face)))
                             (format "%s" (if (consp face) (car face) (or face "")))))
                         (number-sequence (point-min) (1- (point-max))))))
      (set-buffer-modified-p nil)
      (setq buffer-file-name nil)
      (vector (symbol-name major-mode) comment-start (vconcat faces)))))

(let ((coding-system-for-read 'utf-8) (coding-system-for-write 'utf-8) (answers nil))
  (with-temp-buffer
    (insert-file-contents (getenv "TEXTS"))
    (dolist (line (split-string (buffer-string) "\n" t))
      (push (json-encode (faces-of (json-read-from-string line))) answers)))
  (with-temp-file (getenv "OUT")
    (insert (mapconcat #'identity (nreverse answers) "\n") "\n")))
;;; faces.el ends here
