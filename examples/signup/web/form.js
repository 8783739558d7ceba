/* The form: what it says comes from the API, each message beside the field it is about. */
'use strict';

(() => {
  const FIELDS = ['fullname', 'email', 'date_of_birth'];
  const form = document.getElementById('sign-up');
  const button = form.querySelector('button');
  const outcome = document.getElementById('outcome');

  function showError(field, text) {
    const input = form.elements[field];
    document.getElementById(`${field}-error`).textContent = text;
    if (text) {
      input.setAttribute('aria-invalid', 'true');
      input.focus();
    } else {
      input.removeAttribute('aria-invalid');
    }
  }

  function showOutcome(text, isWrong) {
    outcome.textContent = text;
    outcome.classList.toggle('is-wrong', isWrong);
  }

  /* "email: is taken" is about the field beside which it stands: "E-mail is taken". */
  function refused(body) {
    if (!FIELDS.includes(body.field)) {
      showOutcome(body.error || 'The sign-up was refused.', true);
      return;
    }
    const label = form.querySelector(`label[for="${body.field}"]`).textContent;
    showError(body.field, `${label} ${body.error.slice(body.field.length + 1).trim()}.`);
  }

  async function send(user) {
    const answer = await fetch('users', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(user),
    });
    const body = await answer.json();
    if (answer.ok) {
      form.reset();
      showOutcome(`Welcome, ${user.fullname.trim()}! You can be found by your name now.`, false);
      people.refreshSoon();
    } else {
      refused(body);
    }
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    FIELDS.forEach((field) => showError(field, ''));
    showOutcome('', false);
    button.disabled = true;
    try {
      await send(Object.fromEntries(FIELDS.map((field) => [field, form.elements[field].value])));
    } catch {
      showOutcome('The sign-up could not be sent. Check the connection and try again.', true);
    } finally {
      button.disabled = false;
    }
  });
})();
